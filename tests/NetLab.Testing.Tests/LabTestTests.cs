using NetLab.Xunit;

namespace NetLab.Testing.Tests;

/// <summary>The core as any framework uses it: begin, run, say how it ended.</summary>
public sealed class LabTestTests : IDisposable
{
    private readonly string _name = $"core-{Guid.NewGuid():N}";

    private string[] Left => Directory.Exists(FailureBundle.Home) ? Directory.GetDirectories(FailureBundle.Home, _name + "*") : [];

    public void Dispose() => Array.ForEach(Left, d => Directory.Delete(d, recursive: true));

    [LabFact]
    public async Task A_lab_that_is_gone_when_the_test_is_known_to_have_failed_has_left_its_bundle()
    {
        var test = LabTest.Begin(_name, "run it again");
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => InALabAsync(() => throw new InvalidOperationException("as it is")));

        var bundle = Assert.Single((await test.FailAsync(failure.Message)).Bundles);

        Assert.Equal(bundle.Path, Assert.Single(Left));
        Assert.Equal($"{_name}{Environment.NewLine}as it is{Environment.NewLine}", File.ReadAllText(Path.Combine(bundle.Path, "failure.txt")));
        Assert.Equal("run it again", File.ReadAllText(Path.Combine(bundle.Path, "rerun.txt")).TrimEnd());
        Assert.True(File.Exists(Path.Combine(bundle.Path, "state", "host.txt")));
    }

    [LabFact]
    public async Task What_a_passing_test_expected_to_be_thrown_leaves_nothing()
    {
        var test = LabTest.Begin(_name);
        await Assert.ThrowsAsync<InvalidOperationException>(() => InALabAsync(() => throw new InvalidOperationException("expected")));

        test.Pass();

        Assert.Empty(Left);
        Assert.Empty((await test.FailAsync("another end")).Bundles);
    }

    [LabFact]
    public async Task A_lab_that_is_still_there_at_the_end_is_written_then()
    {
        var test = LabTest.Begin(_name);
        await using var lab = new Lab();
        lab.AddNode("host");
        await lab.ApplyAsync();

        Assert.Single((await test.FailAsync("out of time")).Bundles);
    }

    [LabFact]
    public async Task A_cancellation_counts_where_it_went_through_the_test()
    {
        var test = LabTest.Begin(_name, @class: typeof(LabTestTests).FullName);
        await Assert.ThrowsAsync<OperationCanceledException>(() => InALabAsync(() => throw new OperationCanceledException("enough")));

        Assert.Single((await test.FailAsync("cancelled")).Bundles);
    }

    [LabFact]
    public async Task A_cancellation_counts_where_it_went_through_code_of_the_users_and_the_class_is_not_known()
    {
        var test = LabTest.Begin(_name);
        await Assert.ThrowsAsync<OperationCanceledException>(() => InALabAsync(Users.Helper.GiveUp));

        Assert.Single((await test.FailAsync("cancelled")).Bundles);
    }

    [LabFact]
    public async Task A_cancellation_inside_other_code_is_no_reason_for_a_bundle()
    {
        var test = LabTest.Begin(_name, @class: "Some.Other.Tests");
        await Assert.ThrowsAsync<OperationCanceledException>(() => InALabAsync(() => throw new OperationCanceledException("enough")));

        Assert.Empty((await test.FailAsync("something that threw nothing")).Bundles);
    }

    [LabFact]
    public async Task Labs_of_tests_that_run_at_the_same_time_are_kept_apart()
    {
        var failing = Task.Run(async () =>
        {
            var test = LabTest.Begin($"{_name}-fails");
            await Assert.ThrowsAsync<InvalidOperationException>(() => InALabAsync(() => throw new InvalidOperationException("as it is")));
            return (await test.FailAsync("as it is")).Bundles;
        });
        var other = Task.Run(async () =>
        {
            var test = LabTest.Begin($"{_name}-other");
            await InALabAsync(() => { });
            return (await test.FailAsync("something else, after its lab was gone")).Bundles;
        });

        Assert.Contains("-fails-", Assert.Single(await failing).Path);
        Assert.Empty(await other);
    }

    private static async Task InALabAsync(Action act)
    {
        await using var lab = new Lab();
        lab.AddNode("host");
        await lab.ApplyAsync();
        act();
    }
}
