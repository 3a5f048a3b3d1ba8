using System.Net;
using NetLab.Linux.Bpf;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// A drop, and what is known of where it was: plain facts, told by the kernel (<see cref="ByKernel"/>), or what the kernel would have told
/// by a model of its decision
/// (<see cref="ByModel"/>). The frame is the frame as it was there, after all that routers, rules and tunnels did to it.
/// </summary>
internal sealed record DropPlace
{
    /// <summary>The node.</summary>
    public required Node Node { get; init; }

    /// <summary>The device that the frame was on, or empty.</summary>
    public required string Device { get; init; }

    /// <summary>The lab's device, where it is one of the lab's.</summary>
    public Device? LabDevice { get; init; }

    /// <summary>The name of the kernel's reason: <c>NO_SOCKET</c>.</summary>
    public required string Reason { get; init; }

    /// <summary>The function that freed the frame.</summary>
    public required string Function { get; init; }

    /// <summary>The functions that called it, innermost first, itself included.</summary>
    public required IReadOnlyList<string> Stack { get; init; }

    /// <summary>The frame, its first bytes at least. Where the kernel has no Ethernet header for it (yet), addresses are zero.</summary>
    public required Frame Seen { get; init; }

    /// <summary>The frame as the last device saw it, before rules of the node changed it.</summary>
    public required Frame Came { get; init; }

    /// <summary>Length of the frame's packet, without the Ethernet header; what an MTU limits.</summary>
    public required int PacketLength { get; init; }

    /// <summary>The VLAN that the frame was tagged with, or null; the kernel takes the tag off before it lets a protocol look.</summary>
    public int? Vlan => Left?.Id;

    /// <summary>That tag: the outermost that no VLAN device has taken off.</summary>
    public VlanTag? Left { get; init; }

    /// <summary>The tag that the kernel kept beside the bytes when it dropped the frame, or null.</summary>
    public VlanTag? Tag { get; init; }

    /// <summary>The outermost tag with which the frame came, or null.</summary>
    public VlanTag? CameTag { get; init; }

    /// <summary>The EtherType of what is behind tags.</summary>
    public required ushort EtherType { get; init; }

    /// <summary>The mark.</summary>
    public uint Mark { get; init; }

    /// <summary>The device's number, or 0.</summary>
    public int InterfaceIndex { get; init; }

    /// <summary>Whether it had last come in by a device, and not gone out of one.</summary>
    public bool CameIn { get; init; }

    /// <summary>The routes that were looked up for it.</summary>
    public IReadOnlyList<RouteLookup> Lookups { get; init; } = [];

    /// <summary>The ICMP error that was sent back because of it, type and code, or null.</summary>
    public (int Type, int Code)? IcmpError { get; init; }

    /// <summary>Where that error was dropped; null where it was not.</summary>
    public DropPlace? LostError { get; init; }

    /// <summary>That error as evidence; none where there was none.</summary>
    public IReadOnlyList<Evidence> Answer => IcmpError is not var (type, code) ? []
        : [Evidence.Kernel($"an ICMP error of type {type}, code {code}, was sent back"
            + (LostError is null ? "." : $", and dropped at {LostError.Where}: {LostError.Reason}."))];

    /// <summary>Whether the sender learns by that error what became of its packet, as the end of a sentence; empty where the kernel told of none.</summary>
    public string SenderIsTold => IcmpError is null ? ""
        : LostError is null ? "; an ICMP error tells the sender so"
        : $"; the ICMP error that tells the sender so was dropped too, at {LostError.Where}";

    /// <summary>The devices that it crossed before, in order.</summary>
    public IReadOnlyList<Hop> Hops { get; init; } = [];

    /// <summary>Whether it went up to a bridge's own device, and to nobody else: it is no copy that nobody misses.</summary>
    public bool IsForBridge { get; init; }

    /// <summary>Who tells it, and how.</summary>
    public required Evidence Told { get; init; }

    /// <summary>A drop that the kernel told.</summary>
    /// <param name="node">The node.</param>
    /// <param name="drop">What the kernel said.</param>
    /// <param name="copy">The copy that was dropped.</param>
    public static DropPlace ByKernel(Node node, TraceEvent drop, SkbCopy copy)
    {
        SkbHop? last = copy.Way is [.., var hop] ? hop : null, shown = copy.Way.LastOrDefault(h => h.First.StartsWithEthernet);
        var device = drop.DeviceName.Length > 0 ? drop.DeviceName : last?.Namespace == drop.Namespace ? last.DeviceName : "";
        var stack = drop.Stack.Count > 0 ? drop.Stack : [drop.Location];
        var came = Frame.FromBytes(shown is null ? default : shown.First.Bytes.Span);
        var seen = AsItWas(drop) ?? came;
        List<VlanTag> tags = [.. shown is not null && TagOf(shown.First) is { } beside ? [beside] : Array.Empty<VlanTag>(), .. came.VlanTags];
        return new DropPlace
        {
            Node = node,
            Device = device,
            LabDevice = node.FindDevice(device),
            Reason = drop.ReasonName,
            Function = drop.Location,
            Stack = stack,
            Seen = seen,
            Came = shown is null ? seen : came,
            PacketLength = drop.StartsWithEthernet ? drop.Length - 14 : drop.Length,
            Left = TagOf(drop) ?? (shown is null ? null : VlanDevices.LeftAt(node, device, shown.DeviceName, tags)),
            Tag = TagOf(drop),
            CameTag = tags is [var first, ..] ? first : null,
            EtherType = drop.Protocol != 0 ? drop.Protocol : seen.EtherType,
            Mark = drop.Mark,
            InterfaceIndex = drop.InterfaceIndex,
            CameIn = last is { Direction: SkbDirection.In },
            Lookups = [.. copy.RouteLookups],
            IcmpError = copy.Events.FirstOrDefault(e => e.Kind is TraceEventKind.IcmpSend) is { } icmp ? (icmp.IcmpType, icmp.IcmpCode) : null,
            Told = Evidence.Kernel($"{drop.ReasonName} in {string.Join(" < ", stack.Take(6))}."),
        };
    }

    /// <summary>A drop as the kernel would tell it, by a model of what it decides.</summary>
    /// <param name="hops">Where the frame was seen, at last in this node.</param>
    /// <param name="frame">The frame there.</param>
    /// <param name="reason">The kernel's reason for such a drop.</param>
    /// <param name="function">The function that frees such a frame.</param>
    /// <param name="lookup">The route that the model found.</param>
    public static DropPlace ByModel(IReadOnlyList<Hop> hops, Frame frame, string reason, string function, RouteLookup? lookup) => new()
    {
        Hops = hops,
        Node = hops[^1].Node,
        Device = hops[^1].Device,
        LabDevice = hops[^1].LabDevice,
        Reason = reason,
        Function = function,
        Stack = [function],
        Seen = frame.WithoutVlan(),
        Came = frame.WithoutVlan(),
        PacketLength = frame.WithoutVlan().Length - 14,
        Left = frame.VlanTags is [var tag, ..] ? tag : null,
        EtherType = frame.EtherType,
        CameIn = true,
        InterfaceIndex = hops[^1].LabDevice?.LiveIndex ?? 0,
        Lookups = lookup is null ? [] : [lookup],
        Told = Evidence.Model($"inferred from the state of {hops[^1].Node.Name} as it is now; the kernel's own reason is not to be had."),
    };

    /// <summary>A packet that the node's own stack made, and sent by no device.</summary>
    /// <param name="node">The node.</param>
    /// <param name="packet">The packet.</param>
    /// <param name="function">The function that ends such a packet.</param>
    /// <param name="told">Who says that it did not go.</param>
    public static DropPlace AtOutput(Node node, Frame packet, string function, Evidence told) => new()
    {
        Node = node,
        Device = "",
        Reason = "NOT_SPECIFIED",
        Function = function,
        Stack = [function],
        Seen = packet,
        Came = packet,
        PacketLength = packet.Length - 14,
        EtherType = packet.EtherType,
        Told = told,
    };

    public string Where => Device.Length == 0 ? Node.Name : $"{Node.Name}/{Device}";

    public IPAddress? From => Ends?.From;

    public IPAddress? To => Ends?.To;

    public bool IsIpv6 => EtherType == EtherTypes.Ipv6;

    // Who drops a packet behind its network header shows no addresses.
    private (IPAddress From, IPAddress To)? Ends => StackModel.Ends(Seen) ?? StackModel.Ends(Came);

    /// <summary>The packet, from its network header on, as far as it is known.</summary>
    public ReadOnlyMemory<byte> Packet => Seen.Bytes[Math.Min(14 + (4 * Seen.VlanTags.Count), Seen.Length)..];

    public bool Has(params ReadOnlySpan<string> functions)
    {
        foreach (var function in functions)
        {
            if (Is(Function, function) || Stack.Any(f => Is(f, function)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether the kernel freed the frame in one of these functions, however the compiler has named its parts.</summary>
    public bool In(params ReadOnlySpan<string> functions) => IsNamed(Function, functions);

    public Reason Why(Cause cause, string sentence, string? remedy, params Evidence[] evidence) => new(cause, Node, Device, sentence, evidence, remedy);

    private static VlanTag? TagOf(TraceEvent told) => told.VlanTci is { } tci ? new VlanTag(told.VlanProtocol, tci) : null;

    // The kernel's bytes begin with the Ethernet header, or, of what has none (yet), with the packet.
    private static Frame? AsItWas(TraceEvent drop) =>
        drop.StartsWithEthernet ? Frame.FromBytes(drop.Bytes.Span)
        : drop is { NetworkOffset: 0, Bytes.Length: > 0 } ? Frame.Ethernet(default, default, drop.Protocol, drop.Bytes.Span)
        : null;

    /// <summary>Whether a function of the kernel's words is one of these.</summary>
    public static bool IsNamed(string function, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (Is(function, name))
            {
                return true;
            }
        }

        return false;
    }

    // Of a function in a module the kernel gives the module too: br_handle_frame [bridge]; of parts that the compiler made: ip_rcv.cold, ip_rcv+0x1a.
    private static bool Is(string function, string name) =>
        function.StartsWith(name, StringComparison.Ordinal) && (function.Length == name.Length || function[name.Length] is '.' or '+' or ' ');
}
