using System.Net;
using System.Net.Sockets;

namespace NetLab;

/// <summary>Addresses that a node was to have, and has not while IPv6 is off at the device: it loses them with that, and does not get them back.</summary>
internal static class Ipv6Reasons
{
    /// <summary>Why a node has no route to an address of a network of its own; null where that is not why.</summary>
    public static Reason? WithoutNetwork(Node node, IPAddress to)
    {
        foreach (var device in Off(node, to))
        {
            if (device.Addresses.Where(a => a.Contains(to)).ToList() is [var network, ..])
            {
                return Because(node, device, network,
                    $"{node.Name} has no route to {to}: it was to have {network} on {device.Name}, where IPv6 is off: {Setting(device)} is 1.");
            }
        }

        return null;
    }

    /// <summary>Why nobody has an address that a node was to have; null where that is not why.</summary>
    public static Reason? WithoutAddress(Node asker, IPAddress address)
    {
        foreach (var owner in asker.Lab.Nodes.Where(n => n.IsApplied))
        {
            foreach (var device in Off(owner, address))
            {
                if (device.Addresses.Where(a => a.Address.Equals(address)).ToList() is [var own, ..])
                {
                    return Because(owner, device, own,
                        $"nobody has {address}: {owner.Name} was to have it on {device.Name}, where IPv6 is off: {Setting(device)} is 1.");
                }
            }
        }

        return null;
    }

    private static IEnumerable<Device> Off(Node node, IPAddress address) => address.AddressFamily is not AddressFamily.InterNetworkV6 ? []
        : node.Devices.Where(d => d.IsApplied && d.Addresses.Any(a => a.IsIPv6) && node.ReadSysctl(Setting(d)).Trim() == "1");

    private static string Setting(Device device) => $"net.ipv6.conf.{KernelState.InSysctl(device.Name)}.disable_ipv6";

    private static Reason Because(Node node, Device device, InterfaceAddress lost, string sentence) => new(Causes.Ipv6Off, node, device.Name, sentence,
        [Evidence.Sysctl($"{Setting(device)} = 1, in node {node.Name}.")],
        $"sysctl -w {Setting(device)}=0; ip address add {lost} dev {device.Name} nodad, in node {node.Name}");
}
