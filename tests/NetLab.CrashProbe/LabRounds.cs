namespace NetLab.CrashProbe;

/// <summary>
/// Builds a lab with everything that could be left behind (namespaces, taps, Open vSwitch, a child with a grandchild in a session of its own),
/// says how far it is, removes it, and begins again, until it is killed or the turns are over.
/// </summary>
internal static class LabRounds
{
    public static async Task<int> RunAsync(string[] options)
    {
        var waitForKernel = options.Contains("--wait-for-kernel");
        var withOvs = options.Contains("ovs");
        var turns = Array.IndexOf(options, "--turns") is var at and >= 0 ? int.Parse(options[at + 1]) : int.MaxValue;
        for (var turn = 0; turn < turns; turn++)
        {
            await RoundAsync(turn, withOvs, waitForKernel);
        }

        return 0;
    }

    private static async Task RoundAsync(int turn, bool withOvs, bool waitForKernel)
    {
        Console.WriteLine($"building {turn}");
        await using var lab = new Lab();
        var compute = lab.AddNode("compute");
        Switch bridge = withOvs ? compute.AddOvsBridge("br-int") : compute.AddBridge("br0");
        for (var i = 1; i <= 5; i++)
        {
            lab.AddHost($"h{i}", bridge, $"10.0.0.{i}/24");
            compute.AddVm($"vm{i}", bridge, vm => vm.Address($"10.0.0.{100 + i}/24"));
        }

        await lab.ApplyAsync();
        foreach (var node in lab.Nodes)
        {
            Console.WriteLine($"namespace {node.NamespaceInode}");
        }

        compute.Start("sh", "-c", "setsid sleep 1000 & sleep 1000");
        Console.WriteLine($"running {turn}");
        (await lab.Nodes[1].PingAsync(lab.Vms.First())).ShouldSucceed();
        Console.WriteLine($"removing {turn}");
        await lab.DisposeAsync(waitForKernel);
    }
}
