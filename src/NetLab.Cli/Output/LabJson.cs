using System.Text.Json.Nodes;

namespace NetLab.Cli;

/// <summary>A lab's description, and what became of frames in it, as JSON.</summary>
internal static class LabJson
{
    public static JsonObject Of(Lab lab) => new()
    {
        ["nodes"] = JsonText.Array(lab.Nodes.Select(Of)),
        ["links"] = JsonText.Array(lab.Links.Select(l => new JsonObject { ["a"] = l.A.ToString(), ["b"] = l.B.ToString() })),
    };

    public static JsonObject Of(Fate fate) => new()
    {
        ["from"] = fate.From,
        ["text"] = fate.Frame.ToString(),
        ["refusal"] = fate.Refusal,
        ["copies"] = JsonText.Array(fate.Copies.Select(c => Of(c, fate.From))),
    };

    private static JsonObject Of(Node node) => new()
    {
        ["name"] = node.Name,
        ["devices"] = JsonText.Array(node.Devices.Select(Of)),
        ["vms"] = JsonText.Array(node.Vms.Select(vm => new JsonObject
        {
            ["name"] = vm.Name,
            ["tap"] = vm.Tap.Name,
            ["mac"] = vm.Mac.ToString(),
            ["addresses"] = JsonText.Array(vm.Addresses.Select(a => a.ToString())),
        })),
        ["routes"] = JsonText.Array(node.Routes.Select(r => r.ToString())),
    };

    private static JsonObject Of(Device device) => new()
    {
        ["name"] = device.Name,
        ["kind"] = device.Kind,
        ["mac"] = device.Mac.ToString(),
        ["mtu"] = device.Mtu,
        ["bridge"] = device.Switch?.Name,
        ["tag"] = device.Switch is OvsBridge ovs ? ovs.Port(device).Tag : null,
        ["addresses"] = JsonText.Array(device.Addresses.Select(a => a.ToString())),
    };

    private static JsonObject Of(FrameCopy copy, string sender) => new()
    {
        ["end"] = copy.End.ToString(),
        ["to"] = copy.Vm?.Name ?? copy.Node?.Name,
        ["path"] = JsonText.Array(copy.Path(sender)),
        ["milliseconds"] = JsonText.Milliseconds(copy.Latency),
        ["reason"] = copy.Reason is { } reason ? Of(reason) : null,
        ["hops"] = JsonText.Array(copy.Hops.Select(h => new JsonObject
        {
            ["node"] = h.Node.Name,
            ["device"] = h.Device,
            ["direction"] = h.Direction == HopDirection.In ? "in" : "out",
            ["vlan"] = h.Vlan,
            ["milliseconds"] = JsonText.Milliseconds(h.At),
        })),
    };

    private static JsonObject Of(Reason reason) => new()
    {
        ["cause"] = reason.Cause,
        ["place"] = reason.Place,
        ["sentence"] = reason.Sentence,
        ["evidence"] = JsonText.Array(reason.Evidence),
        ["remedy"] = reason.Remedy,
    };
}
