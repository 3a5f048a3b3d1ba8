using System.Globalization;
using System.Net;
using NetLab.Linux;
using NetLab.Linux.Bpf;
using NetLab.Linux.Netlink;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// What a node's own stack does with a packet that has reached it and is for it: nothing that the kernel would call a drop, and yet nobody gets an
/// answer. Gone through on the settings as they are now.
/// </summary>
internal static class StackModel
{
    /// <summary>How the copy ended after all, and why; null where the stack did with it what the sender wanted.</summary>
    public static (CopyEnd End, Reason Reason)? Of(Node node, string device, Frame frame, SkbCopy? skb)
    {
        try
        {
            return frame switch
            {
                { Arp: { Operation: ArpOperation.Request } arp } => Used(Arp(node, device, arp)),
                { Icmp.Type: IcmpType.EchoRequest } when frame.Ipv4 is { IsFragment: false } => Used(EchoIgnored(node, device, "net.ipv4.icmp_echo_ignore_all")),
                { Icmpv6.Type: Icmpv6Type.EchoRequest } => Used(EchoIgnored(node, device, "net.ipv6.icmp.echo_ignore_all")),
                { Ipv4: { IsFragment: true } ip } when skb is { End: SkbEnd.Open } => (CopyEnd.Pending, new Reason(Causes.FragmentsAwaited, node, device,
                    $"The fragment of {ip.Payload.Length} bytes at {ip.FragmentOffset} of datagram {ip.Identification} waits for the other fragments; {node.Name} keeps it for {Sysctl(node, "net.ipv4.ipfrag_time")} s.",
                    [Evidence.Sysctl($"net.ipv4.ipfrag_time = {Sysctl(node, "net.ipv4.ipfrag_time")}.")], "send the other fragments, or see where they are lost")),
                _ => null,
            };
        }
        catch (LinuxException)
        {
            return null; // the lab, or the device, is gone
        }
    }

    private static (CopyEnd, Reason)? Used(Reason? reason) => reason is null ? null : (CopyEnd.Consumed, reason);

    private static Reason? EchoIgnored(Node node, string device, string sysctl) => Sysctl(node, sysctl) == "0" ? null
        : new Reason(Causes.EchoIgnored, node, device, $"{node.Name} got the echo request, and answers none: {sysctl} is {Sysctl(node, sysctl)}.", [Evidence.Sysctl($"{sysctl} = {Sysctl(node, sysctl)}.")], $"sysctl -w {sysctl}=0, in node {node.Name}");

    // net/ipv4/arp.c, arp_ignore() and arp_filter().
    private static Reason? Arp(Node node, string device, ArpPacket arp)
    {
        (int ignore, string ignoreName) = Larger(node, device, "arp_ignore");
        IPAddress target = arp.TargetIp, asker = arp.SenderIp;
        IReadOnlyList<AddressInfo> own = node.State.Route.FindLink(device) is { } link ? node.State.Route.GetAddresses(link.Index) : [];
        AddressInfo? here = own.FirstOrDefault(a => a.Address.Equals(target));
        bool ignored = ignore switch
        {
            1 => here is null,
            2 => here is null || !new IPNetwork(Masked(here.Address, here.PrefixLength), here.PrefixLength).Contains(asker),
            >= 8 => true,
            _ => false,
        };
        if (ignored)
        {
            string why = ignore >= 8 ? "it answers no ARP request" : here is null ? $"it answers only for addresses of {device} itself" : $"it answers only who is in the network of {target}";
            return new Reason(Causes.ArpIgnored, node, device, $"{node.Name} has the address {target}, and does not answer for it: {ignoreName} is {ignore}, so {why}.", [Evidence.Sysctl($"{ignoreName} = {ignore}.")], $"sysctl -w {ignoreName}=0, in node {node.Name}");
        }

        (int filter, string filterName) = Larger(node, device, "arp_filter");
        return filter != 0 && node.State.Route.FindRoute(asker, target) is { Output: { } back } && node.State.Route.FindLink(back)?.Name is { } other && other != device
            ? new Reason(Causes.ArpFiltered, node, device, $"{node.Name} has the address {target}, and does not answer {asker} by {device}: {filterName} is 1, and the route back to {asker} is by {other}.",
                [Evidence.Sysctl($"{filterName} = {filter}."), Evidence.Model($"the route to {asker} is by {other}.")], $"sysctl -w {filterName}=0, in node {node.Name}, or add a route to {asker} by {device}")
            : null;
    }

    private static (int Value, string Name) Larger(Node node, string device, string name)
    {
        string all = $"net.ipv4.conf.all.{name}", own = $"net.ipv4.conf.{device.Replace('.', '/')}.{name}";
        int ofAll = int.Parse(Sysctl(node, all), CultureInfo.InvariantCulture), ofOwn = int.Parse(Sysctl(node, own), CultureInfo.InvariantCulture);
        return ofAll >= ofOwn ? (ofAll, all) : (ofOwn, own);
    }

    private static IPAddress Masked(IPAddress address, int prefix)
    {
        byte[] bytes = address.GetAddressBytes();
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] &= (byte)(0xff << Math.Clamp((8 * (i + 1)) - prefix, 0, 8));
        }

        return new IPAddress(bytes);
    }

    private static string Sysctl(Node node, string name) => node.ReadSysctl(name).Trim();
}
