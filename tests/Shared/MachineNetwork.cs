using System.Text.RegularExpressions;

namespace NetLab;

/// <summary>What a test could have changed in the machine's own network, without what container engines change meanwhile.</summary>
internal static partial class MachineNetwork
{
    /// <summary>Names of devices, IPv4 routes and IPv6 addresses, a line each as the kernel's files have them.</summary>
    public static IReadOnlyList<string> State() =>
    [
        .. Lines("dev").Select(line => line.Split(':')[0].Trim()),
        .. Lines("route"),
        .. Lines("if_inet6"),
    ];

    private static IEnumerable<string> Lines(string file) => File.ReadLines($"/proc/self/net/{file}").Where(line => !DeviceOfAnEngine().IsMatch(line));

    // The bridge of Docker and of Podman, those of networks that a user made, and the containers' links.
    [GeneratedRegex(@"\b(docker|podman|veth|br-[0-9a-f]{12})")]
    private static partial Regex DeviceOfAnEngine();
}
