using NetLab.Linux.Probe;

namespace NetLab.Xunit.Tests;

/// <summary>Tests that <see cref="BundleTests"/> runs in a process of their own, where they fail. Elsewhere they do nothing.</summary>
public static class FailingOnPurpose
{
    public const string Variable = "NETLAB_FAIL_ON_PURPOSE";

    private static bool Asked => Environment.GetEnvironmentVariable(Variable) == "1";

    private static (FakeVm Vm1, FakeVm Vm2) Describe(Lab lab)
    {
        var bridge = lab.AddNode("switch").AddBridge("br0");
        var vm1 = bridge.Node.AddVm("vm1", bridge, vm => vm.Address("10.0.0.1/24"));
        var vm2 = bridge.Node.AddVm("vm2", bridge, vm => vm.Address("10.0.0.2/24"));
        vm2.Tap.BridgePort = new Linux.Netlink.BridgePortOptions { Flood = false };
        return (vm1, vm2);
    }

    private static async Task<Fate> SendAsync(Lab lab) =>
        await lab.FindVm("vm1")!.SendAsync(Packets.Frame.Udp(lab.FindVm("vm1")!, lab.FindVm("vm2")!, 53, "hello"));

    public sealed class Plain
    {
        [LabFact]
        public async Task A_lab_that_the_test_disposes()
        {
            if (!Asked)
            {
                return;
            }

            await using var lab = new Lab();
            (var vm1, var vm2) = Describe(lab);
            await lab.ApplyAsync();
            (await vm1.SendAsync(Packets.Frame.Udp(vm1, vm2, 53, "hello"))).ShouldReach(vm2);
        }

        [LabTheory]
        [InlineData(1)]
        [InlineData(2)]
        public async Task A_row_that_fails(int row)
        {
            if (!Asked)
            {
                return;
            }

            await using var lab = new Lab();
            lab.AddNode("host");
            await lab.ApplyAsync();
            Assert.Equal(1, row);
        }

        public static IEnumerable<object[]> Unlisted => [[new Unwritten()]];

        // What cannot be written into a list of tests is a row only when it runs.
        [LabTheory]
        [MemberData(nameof(Unlisted))]
        public async Task A_row_that_is_known_late(Unwritten row)
        {
            if (!Asked)
            {
                return;
            }

            await using var lab = new Lab();
            lab.AddNode("host");
            await lab.ApplyAsync();
            Assert.Null(row);
        }

        [LabFact]
        public async Task An_exception_that_was_expected()
        {
            if (!Asked)
            {
                return;
            }

            await using var lab = new Lab();
            (_, var vm2) = Describe(lab);
            await lab.ApplyAsync();
            var fate = await SendAsync(lab);
            Assert.Throws<ForwardingException>(() => fate.ShouldReach(vm2));
        }
    }

    public sealed class Unwritten
    {
        public override string ToString() => "late";
    }

    public sealed class Base(ITestOutputHelper output) : LabTestBase(output)
    {
        [LabFact]
        public async Task A_lab_that_the_base_class_disposes()
        {
            if (!Asked)
            {
                return;
            }

            Describe(Lab);
            Lab.Nodes[0].AddRuleset("table inet marker {\n chain c {\n type filter hook input priority 0;\n }\n}");
            await ApplyAsync();
            await Lab.Nodes[0].Start("echo", "a word from the program").Exited;
            Assert.Equal("as it is", "as it should be");
        }
    }

    public sealed class SharedLab : LabFixture
    {
        protected override void Describe(Lab lab) => FailingOnPurpose.Describe(lab);
    }

    public sealed class Shared(SharedLab fixture, ITestOutputHelper output) : LabTestBase<SharedLab>(fixture, output)
    {
        [LabFact]
        public async Task A_lab_that_several_tests_share()
        {
            if (Asked)
            {
                var fate = await SendAsync(Lab);
                fate.ShouldReach(Lab.FindVm("vm2")!);
            }
        }
    }

    public sealed class Late(ITestOutputHelper output) : LabTestBase(output)
    {
        [LabFact]
        public void A_feature_that_only_the_running_test_finds_missing()
        {
            if (Asked)
            {
                throw new MissingFeatureException(Capabilities.All.First(f => !f.Available));
            }
        }
    }

    public sealed class Slow(ITestOutputHelper output) : LabTestBase(output)
    {
#pragma warning disable xUnit1069 // It is to run out of time.
        [LabFact(Timeout = 5000)]
        public async Task A_test_that_runs_out_of_time()
#pragma warning restore xUnit1069
        {
            if (Asked)
            {
                Describe(Lab);
                await ApplyAsync();
                await new TaskCompletionSource().Task;
            }
        }

        [LabFact]
        public async Task A_cancellation_that_goes_through_the_test()
        {
            if (Asked)
            {
                await using var lab = new Lab();
                Describe(lab);
                await lab.ApplyAsync();
                using var enough = new CancellationTokenSource(1);
                await Task.Delay(Timeout.Infinite, enough.Token);
            }
        }
    }

    public sealed class Unwanted : LabFixture
    {
        protected override void Describe(Lab lab) =>
            File.WriteAllText(Path.Combine(FailureBundle.Home!, "described"), "a lab that no test of the class asks for");
    }

    public sealed class Skipped(Unwanted fixture) : IClassFixture<Unwanted>
    {
        [SkippedWhenAsked]
        public void A_test_that_does_not_run() => Assert.NotNull(fixture);
    }

#pragma warning disable xUnit3003 // Nobody jumps to the test by its line.
    [AttributeUsage(AttributeTargets.Method)]
    public sealed class SkippedWhenAskedAttribute : FactAttribute
    {
        public SkippedWhenAskedAttribute() => Skip = Asked ? "as all tests of this class" : null;
    }
#pragma warning restore xUnit3003
}
