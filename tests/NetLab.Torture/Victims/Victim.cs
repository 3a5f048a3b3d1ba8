using NetLab.Linux.Probe;
using NetLab.Packets;

namespace NetLab.Torture.Victims;

/// <summary>A process to be killed: it builds labs that could leave something behind, again and again, until somebody ends it.</summary>
internal static class Victim
{
    private static readonly Dictionary<string, Func<string, Task>> Acts = new()
    {
        ["bridge"] = _ => BuildAsync(ovs: false),
        ["ovs"] = _ => BuildAsync(ovs: true),
        ["daemons"] = _ => DaemonsAsync("sh", "-c", "(setsid sh -c 'sleep 1000 & setsid sleep 1000' &) ; setsid sleep 1000 & sleep 1000"),
        ["dnsmasq"] = _ => DaemonsAsync("dnsmasq", "--no-resolv", "--conf-file=/dev/null", "--interface=eth0", "--dhcp-range=10.0.0.50,10.0.0.60",
            "--dhcp-leasefile=/dev/null", "--pid-file"),
        ["capture"] = CaptureAsync,
        ["bundle"] = BundleAsync,
    };

    /// <summary>What this machine can be tortured with.</summary>
    public static IReadOnlyList<string> Kinds { get; } =
        [.. Acts.Keys.Where(k => (k != "ovs" || Capabilities.Of(Feature.OvsVswitchd).Available)
            && (k != "dnsmasq" || Capabilities.Of(Feature.DnsmasqProgram).Available))];

    /// <summary>Runs as a victim of a kind, in a folder of its own; never ends by itself.</summary>
    public static async Task<int> RunAsync(string[] arguments)
    {
        while (true)
        {
            await Acts[arguments[0]](arguments[1]).ConfigureAwait(false);
        }
    }

    private static async Task BuildAsync(bool ovs)
    {
        await using var lab = await ApplyAsync(ovs).ConfigureAwait(false);
        lab.Nodes[0].Start("sh", "-c", "setsid sleep 1000 & sleep 1000");
        await lab.Nodes[1].PingAsync(lab.Vms.First()).ConfigureAwait(false);
    }

    private static async Task DaemonsAsync(string program, params string[] arguments)
    {
        await using var lab = await ApplyAsync(ovs: false).ConfigureAwait(false);
        for (var i = 0; i < 3; i++)
        {
            await lab.Nodes[1].ExecAsync("true", []).ConfigureAwait(false);
            var process = lab.Nodes[1].Start(program, arguments);
            await Task.WhenAny(process.Exited, Task.Delay(50)).ConfigureAwait(false);
        }
    }

    private static async Task CaptureAsync(string folder)
    {
        await using var lab = await ApplyAsync(ovs: false).ConfigureAwait(false);
        await using var capture = lab.Capture(Path.Combine(folder, "capture.pcapng"));
        var vm = lab.Vms.First();
        for (var i = 0; i < 200; i++)
        {
            await vm.SendAsync(Frame.Broadcast(vm, $"hello {i}")).ConfigureAwait(false);
        }
    }

    private static async Task BundleAsync(string folder)
    {
        Environment.SetEnvironmentVariable(FailureBundle.Variable, Path.Combine(folder, "bundles"));
        await using var lab = await ApplyAsync(ovs: false).ConfigureAwait(false);
        await FailureBundle.WriteAsync(lab, new FailedRun("torture")).ConfigureAwait(false);
    }

    private static async Task<Lab> ApplyAsync(bool ovs)
    {
        var lab = new Lab();
        var compute = lab.AddNode("compute");
        Switch bridge = ovs ? compute.AddOvsBridge("br-int") : compute.AddBridge("br0");
        for (var i = 1; i <= 3; i++)
        {
            lab.AddHost($"h{i}", bridge, $"10.0.0.{i}/24");
            compute.AddVm($"vm{i}", bridge, vm => vm.Address($"10.0.0.{100 + i}/24"));
        }

        await lab.ApplyAsync().ConfigureAwait(false);
        return lab;
    }
}
