using NetLab;

// A program to be killed: it builds a lab with everything that could be left behind (namespaces, taps, Open vSwitch, a child with a
// grandchild in a session of its own), says how far it is, removes it, and starts again, until somebody ends it.
var waitForKernel = args.Contains("--wait-for-kernel");
var withOvs = args.Contains("ovs");
var turns = Array.IndexOf(args, "--turns") is var at and >= 0 ? int.Parse(args[at + 1]) : int.MaxValue;
for (var turn = 0; turn < turns; turn++)
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
