using System.Net;
using NetLab.Linux.Bpf;
using NetLab.Packets;

namespace NetLab;

/// <summary>A drop, and what is known of where it was.</summary>
/// <param name="Node">The node.</param>
/// <param name="Device">The device the frame was on, or empty.</param>
/// <param name="LabDevice">The lab's device, where it is one of the lab's.</param>
/// <param name="Event">What the kernel said.</param>
/// <param name="Copy">The copy.</param>
/// <param name="Sent">The frame as it was sent.</param>
internal sealed record DropPlace(Node Node, string Device, Device? LabDevice, TraceEvent Event, SkbCopy Copy, Frame Sent)
{
    public string Where => Device.Length == 0 ? Node.Name : $"{Node.Name}/{Device}";

    /// <summary>Length of the frame's packet, without the Ethernet header; what an MTU limits.</summary>
    public int PacketLength => Event.StartsWithEthernet ? Event.Length - 14 : Event.Length;

    public bool Has(params ReadOnlySpan<string> functions)
    {
        foreach (string function in functions)
        {
            if (Is(Event.Location, function) || Event.Stack.Any(f => Is(f, function)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether the kernel freed the frame in one of these functions, however the compiler has named its parts.</summary>
    public bool In(params ReadOnlySpan<string> functions)
    {
        foreach (string function in functions)
        {
            if (Is(Event.Location, function))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The first bytes of the frame as the last device saw it: behind address translation, in its tunnel.</summary>
    public Frame Seen => Copy.Way.LastOrDefault(h => h.First.StartsWithEthernet) is { } hop ? Frame.FromBytes(hop.First.Bytes.Span) : Sent;

    /// <summary>The VLAN that the frame was tagged with at the last device, or null; the kernel takes the tag off before it lets a protocol look.</summary>
    public int? Vlan => (Event.VlanTci ?? Copy.Way.LastOrDefault(h => h.First.StartsWithEthernet)?.First.VlanTci) is { } tci ? tci & 0xfff : Seen.VlanId;

    public IPAddress? From => Seen.Ipv4 is { } ip4 ? ip4.Source : Seen.Ipv6 is { } ip6 ? ip6.Source : (IPAddress?)null;

    public IPAddress? To => Seen.Ipv4 is { } ip4 ? ip4.Destination : Seen.Ipv6 is { } ip6 ? ip6.Destination : (IPAddress?)null;

    public bool IsIpv6 => Event.Protocol == 0x86dd;

    public Reason Why(string cause, string sentence, string? remedy, params string[] evidence) => new(cause, Node, Device, sentence, evidence, remedy);

    public string Kernel => $"kernel: {Event.ReasonName} in {string.Join(" < ", (Event.Stack.Count > 0 ? Event.Stack : [Event.Location]).Take(6))}.";

    private static bool Is(string function, string name) =>
        function.StartsWith(name, StringComparison.Ordinal) && (function.Length == name.Length || function[name.Length] is '.' or '+');
}
