using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace NetLab.Tests;

/// <summary>Twelve scenarios, the seventh of which fails, and what becomes of them in one run on one machine.</summary>
public sealed class ShardedRun : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("netlab-shards-").FullName;

    /// <summary>The folder of the scenarios.</summary>
    public string Folder => FolderFor("scenarios");

    /// <summary>The report of one run: a file and its outcome each.</summary>
    public IReadOnlyList<string> OfOneRun { get; private set; } = [];

    public async Task InitializeAsync()
    {
        if (Engine.SkipReason is not null)
        {
            return;
        }

        for (var i = 1; i <= 12; i++)
        {
            File.WriteAllText(Path.Combine(Folder, $"scenario{i}.yaml"), $$"""
                name: Scenario {{i}}
                lab:
                  nodes:
                    h1: { devices: { eth0: { addresses: [10.0.0.1/24] } } }
                    h2: { devices: { eth0: { addresses: [10.0.0.2/24] } } }
                  links: [h1:eth0 -- h2:eth0]
                steps:
                  - exec: { node: h1, run: sleep 1 }
                  - ping: { from: h1, to: 10.0.0.{{(i == 7 ? 9 : 2)}} }
                """);
        }

        var results = FolderFor("one");
        var (_, run, words) = await RunAsync("docker/netlab", "--container", "run", Folder, "--json");
        File.WriteAllText(Path.Combine(results, "one.json"), run);
        var (code, report, _) = await RunAsync("docker/netlab", "merge", results, "--json");
        Assert.True(code == 1, words);
        OfOneRun = Outcomes(report);
        Assert.Equal(12, OfOneRun.Count);
        Assert.Equal("scenario7.yaml failed", Assert.Single(OfOneRun, o => o.EndsWith("failed", StringComparison.Ordinal)));
    }

    public Task DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return Task.CompletedTask;
    }

    /// <summary>A folder for results and the like.</summary>
    public string FolderFor(string name) => Directory.CreateDirectory(Path.Combine(_folder, name)).FullName;

    /// <summary>The file and the outcome of each result in what <c>netlab merge --json</c> printed.</summary>
    public static IReadOnlyList<string> Outcomes(string report) =>
        [.. JsonNode.Parse(report)!["results"]!.AsArray().Select(r => $"{Path.GetFileName((string)r!["name"]!)} {r["outcome"]}").Order(StringComparer.Ordinal)];

    /// <summary>Runs a program, or a script of this tree.</summary>
    public static async Task<(int Code, string Output, string Words)> RunAsync(string program, params string[] arguments)
    {
        var path = program.Contains('/', StringComparison.Ordinal) ? Path.Combine(Root(), program) : program;
        using var process = Process.Start(new ProcessStartInfo(path, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), words = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await words);
    }

    /// <summary>The folder of the repository.</summary>
    public static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../.."));
}
