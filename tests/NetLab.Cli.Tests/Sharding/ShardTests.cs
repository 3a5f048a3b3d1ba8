using System.Diagnostics;
using System.Runtime.InteropServices;
using NetLab.Cli.Commands;
using NetLab.Cli.Sharding;

namespace NetLab.Cli.Tests.Sharding;

/// <summary>Which shard this process is, and what it has: as a whole nothing twice and nothing left out.</summary>
public sealed class ShardTests
{
    private static readonly string[] Names = [.. Enumerable.Range(0, 500).Select(i => $"NetLab.Tests.Room{i % 7}.Class{i}")];

    [Theory]
    [InlineData("3/8", "", 3, 8)]
    [InlineData("auto", "NETLAB_SHARD=3/8", 3, 8)]
    [InlineData("auto", "CI_NODE_INDEX=3 CI_NODE_TOTAL=8", 3, 8)]
    [InlineData("auto", "SLURM_ARRAY_TASK_ID=2 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_COUNT=8", 3, 8)]
    [InlineData("auto", "SLURM_ARRAY_TASK_ID=5 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_STEP=2 SLURM_ARRAY_TASK_COUNT=8", 3, 8)]
    [InlineData("auto", "SWARM_TASK_SLOT=2 NETLAB_SHARDS=8", 3, 8)]
    [InlineData("auto", "SWARM_TASK_SLOT=m4i5vbohpgqv4dgmilh5m7yrh NETLAB_SHARDS=8", 1, 8)]
    [InlineData("auto", "SWARM_TASK_SLOT=0 NETLAB_SHARDS=8", 1, 8)]
    [InlineData("auto", "JOB_COMPLETION_INDEX=2 NETLAB_SHARDS=8", 3, 8)]
    [InlineData("auto", "JOB_COMPLETION_INDEX=2 NETLAB_SHARDS=8 CI_NODE_INDEX=1 CI_NODE_TOTAL=4", 1, 4)]
    [InlineData("auto", "CI_NODE_INDEX=1 CI_NODE_TOTAL=4 NETLAB_SHARD=2/2", 2, 2)]
    public void A_shard_is_read_as_each_engine_gives_it(string text, string environment, int number, int count) =>
        Assert.Equal(new Shard(number, count), Shard.Parse(text, In(environment)));

    [Theory]
    [InlineData("0/8", "", "says shard 0 of 8, which there is not")]
    [InlineData("9/8", "", "says shard 9 of 8, which there is not")]
    [InlineData("-1/8", "", "a shard is written 3/8")]
    [InlineData("auto", "", "--shard auto finds none of NETLAB_SHARD")]
    [InlineData("auto", "NETLAB_SHARD=8", "NETLAB_SHARD is '8', and a shard is written 3/8")]
    [InlineData("auto", "JOB_COMPLETION_INDEX=2", "NETLAB_SHARDS is not in the environment")]
    [InlineData("auto", "JOB_COMPLETION_INDEX=8 NETLAB_SHARDS=8", "JOB_COMPLETION_INDEX, counted from 0, says shard 9 of 8")]
    [InlineData("auto", "SWARM_TASK_SLOT=8 NETLAB_SHARDS=8", "SWARM_TASK_SLOT, counted from 0, says shard 9 of 8")]
    [InlineData("auto", "SWARM_TASK_SLOT=first NETLAB_SHARDS=8", "SWARM_TASK_SLOT is 'first', which is no number")]
    [InlineData("auto", "SLURM_ARRAY_TASK_ID=9 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_COUNT=3", "says shard 9 of 3")]
    [InlineData("auto", "CI_NODE_INDEX=x CI_NODE_TOTAL=4", "CI_NODE_INDEX is 'x', which is no number")]
    public void What_is_no_shard_is_refused_by_the_name_of_what_said_so(string text, string environment, string words) =>
        Assert.Contains(words, Assert.Throws<InputException>(() => Shard.Parse(text, In(environment))).Message);

    // By the command's own executable: beside 'dotnet' it would find that.
    [Fact]
    public async Task A_machine_without_dotnet_lacks_something()
    {
        var results = Path.Combine(AppContext.BaseDirectory, "no-results");
        var command = Path.Combine(AppContext.BaseDirectory, "NetLab.Cli");
        var start = new ProcessStartInfo(command, ["shard", typeof(ShardTests).Assembly.Location, "--shard", "1/2", "--results", results])
            { RedirectStandardOutput = true, RedirectStandardError = true };
        (start.Environment["PATH"], start.Environment["DOTNET_ROOT"]) = ("/nonexistent",
            Path.GetFullPath("../../..", RuntimeEnvironment.GetRuntimeDirectory()));

        var result = await NetLabProcess.FinishAsync(Process.Start(start)!);

        Assert.True(result.ExitCode == 3, result.ToString());
        Assert.StartsWith("netlab: 'dotnet' cannot be started to list the tests: ", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(8, false)]
    [InlineData(8, true)]
    [InlineData(700, true)]
    public void All_shards_together_have_each_name_once(int count, bool balanced)
    {
        // The times know half of them, and some that are no more.
        var times = balanced ? Names.Where((_, i) => i % 2 == 0).Append("Gone").ToDictionary(n => n, n => TimeSpan.FromMilliseconds(n.Length * n[^1])) : null;
        var shards = Enumerable.Range(1, count).Select(n => ShardRecord.Of(new Shard(n, count), Names, name => name, times)).ToList();

        Assert.Equal(Names.Order(StringComparer.Ordinal), shards.SelectMany(s => s.Names).Order(StringComparer.Ordinal));
        Assert.Single(shards.Select(s => s.Cut).Distinct());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_name_stays_in_its_shard_when_others_are_added_renamed_or_removed(bool balanced)
    {
        var times = balanced ? Names.Take(250).ToDictionary(n => n, n => TimeSpan.FromSeconds(n.Length)) : null;
        string[] others = [.. Names.Skip(100).Select(n => n.Replace("Room3", "Room3Renamed")), "New.Class"];

        var before = ShardRecord.Of(new Shard(3, 8), Names, name => name, times).Names;
        var after = ShardRecord.Of(new Shard(3, 8), others, name => name, times).Names;

        Assert.NotEmpty(before.Intersect(others));
        Assert.Equal(before.Intersect(others), after.Intersect(Names));
    }

    [Fact]
    public void A_volume_of_Kubernetes_has_each_scenario_once()
    {
        var folder = Directory.CreateTempSubdirectory("netlab-").FullName;
        try
        {
            Directory.CreateDirectory(Path.Combine(folder, "..2026_11_28_10_00_00.1", "below"));
            Directory.CreateSymbolicLink(Path.Combine(folder, "..data"), "..2026_11_28_10_00_00.1");
            File.WriteAllText(Path.Combine(folder, "..data", "x.yaml"), "");
            File.CreateSymbolicLink(Path.Combine(folder, "x.yaml"), "..data/x.yaml");

            Assert.Equal([Path.Combine(folder, "x.yaml")], ScenarioFiles.InFolders([folder]));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // By hand: the hash is written down for ever, so that machines with different versions agree.
    [Fact]
    public void The_hash_is_the_same_on_every_machine() =>
        Assert.Equal([6, 2, 4], new[] { "scenarios/basics/router.yaml", "NetLab.Tests.Room.A", "é" }.Select(new ShardCut(8).NumberOf));

    [Fact]
    public void Shards_take_equally_long_where_the_times_are_known()
    {
        var random = new Random(7);
        var times = Names.ToDictionary(n => n, n => TimeSpan.FromMilliseconds(Math.Pow(10, random.NextDouble() * 4)));
        var cut = new ShardCut(8, times);

        var loads = Names.GroupBy(cut.NumberOf).Select(g => g.Sum(n => times[n].TotalMilliseconds)).ToList();

        Assert.Equal(8, loads.Count);
        Assert.True(loads.Max() < loads.Min() * 1.01, $"{loads.Min()} to {loads.Max()} ms");
    }

    [Fact]
    public void Tests_of_a_class_stay_together()
    {
        string[] tests = [.. Names.SelectMany(c => new[] { $"{c}.First", $"{c}.Second" })];
        var shard = ShardRecord.Of(new Shard(3, 8), tests, TestList.ClassOf, null);
        Assert.All(shard.Names, name => Assert.Contains(name.Replace("First", "Second"), shard.Names));
        Assert.Equal("Outer+Inner", TestList.ClassOf("Outer+Inner.Method"));
    }

    [Fact]
    public void Settings_ask_for_exactly_the_tests()
    {
        Assert.Equal("FullyQualifiedName=A.B|FullyQualifiedName=A.C\\(1\\)", TestList.Settings(["A.B", "A.C(1)"]).Root!.Value);
        Assert.Equal("FullyQualifiedName=-", TestList.Settings([]).Root!.Value);
    }

    private static Func<string, string?> In(string environment)
    {
        var variables = environment.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(v => v.Split('=')).ToDictionary(v => v[0], v => v[1]);
        return name => variables.GetValueOrDefault(name);
    }
}
