using System.Text.Json.Nodes;

namespace NetLab.Cli;

/// <summary>A lab's description as JSON.</summary>
internal static class LabJson
{
    public static JsonObject Of(Lab lab) => new()
    {
        ["nodes"] = JsonText.Array(lab.Nodes.Select(Of)),
        ["links"] = JsonText.Array(lab.Links.Select(l => new JsonObject { ["a"] = l.A.ToString(), ["b"] = l.B.ToString() })),
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
}
