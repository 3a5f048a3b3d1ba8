using System.Net;
using NetLab.Packets;

namespace NetLab.Scenarios;

/// <summary><c>send: { from: vm01, to: vm02, udp: 53 }</c>: a VM sends one frame, which is followed.</summary>
internal sealed class SendStep : Step
{
    /// <summary>The keys that say what the frame carries; one of them stands in each step.</summary>
    public static readonly string[] Contents = ["udp", "tcp", "icmp", "arp", "na", "ra", "rarp", "ethernet", "raw"];

    public static readonly ObjectShape<SendStep> Shape = new ObjectShape<SendStep>("send", "a frame to send")
        .With("from", "The VM that sends.", Scalars.Name, (send, value) => send.From = value, required: true)
        .With("to", "The VM or address it is for: fills in the destination's MAC and IP address.", Texts.Target, (send, value) => send.To = value)
        .With("udp", "Send a UDP datagram: its destination port, or more.", PortsEntry.Udp, (send, value) => send.Udp = value.Value)
        .With("tcp", "Send a TCP segment: its destination port, or more.", PortsEntry.Tcp, (send, value) => send.Tcp = value.Value)
        .With("icmp", "Send an ICMP (or ICMPv6) echo.", EchoEntry.Icmp, (send, value) => send.Icmp = value.Value)
        .With("arp", "Send an ARP message.", ArpEntry.Arp, (send, value) => send.Arp = value.Value)
        .With("na", "Send a neighbour advertisement to all nodes: the IPv6 address that the sender claims.", NeighborAdvertisementEntry.Shape, (send, value) =>
            send.NeighborAdvertisement = value.Value)
        .With("ra", "Send a router advertisement to all nodes: its prefix, or more.", RouterAdvertisementEntry.Shape, (send, value) =>
            send.RouterAdvertisement = value.Value)
        .With("rarp", "Send a RARP announcement to all, as QEMU does for a guest that has migrated.", Scalars.Switch, (send, value) =>
            send.Rarp = value.Value)
        .With("ethernet", "Send a bare Ethernet frame.", EthernetEntry.Ethernet, (send, value) => send.Ethernet = value.Value)
        .With("raw", "Send exactly these bytes, in hex.", FrameShapes.Hex, (send, value) => send.Raw = value)
        .With("src_mac", "The source MAC address; the sender's when absent.", Scalars.Mac, (send, value) => send.SourceMac = value)
        .With("dst_mac", "The destination MAC address; the receiver's when absent.", Scalars.DestinationMac, (send, value) => send.DestinationMac = value)
        .With("src", "The source IP address; the sender's when absent.", Scalars.Address, (send, value) => send.Source = value)
        .With("dst", "The destination IP address; the receiver's when absent.", Scalars.Address, (send, value) => send.Destination = value)
        .With("vlan", "Send it with this 802.1Q tag.", Scalars.Number("a VLAN", 0, 4095, "7", null), (send, value) => send.Vlan = value)
        .With("ttl", "The IP time to live (or hop limit); 64 when absent.", Scalars.Number("a TTL", 0, 255, "64", null), (send, value) =>
            send.Ttl = value.Value)
        .Checked(CheckContent);

    public static readonly StepKind Kind = new StepKind<SendStep>("send") { Beside = ["expect", "expect-none", "predict"] }
        .Of("Send one frame, and follow it.", Shape);

    public Located<string> From { get; set; }

    public Located<Target>? To { get; set; }

    public Located<MacAddress>? SourceMac { get; set; }

    public Located<MacAddress>? DestinationMac { get; set; }

    public Located<IPAddress>? Source { get; set; }

    public Located<IPAddress>? Destination { get; set; }

    public Located<int>? Vlan { get; set; }

    public int? Ttl { get; set; }

    public PortsEntry? Udp { get; set; }

    public PortsEntry? Tcp { get; set; }

    public EchoEntry? Icmp { get; set; }

    public ArpEntry? Arp { get; set; }

    public NeighborAdvertisementEntry? NeighborAdvertisement { get; set; }

    public RouterAdvertisementEntry? RouterAdvertisement { get; set; }

    public bool Rarp { get; set; }

    public EthernetEntry? Ethernet { get; set; }

    public Located<byte[]>? Raw { get; set; }

    public override string Title => $"{From.Value} sends {What}{(To is { } to ? $" to {to.Value}" : "")}";

    private string What => this switch
    {
        { Udp: { } udp } => $"UDP {udp.Destination}",
        { Tcp: { } tcp } => $"TCP {tcp.Destination}",
        { Icmp: { } icmp } => icmp.Request ? "an echo request" : "an echo reply",
        { Arp: { } arp } => arp.Request ? "an ARP request" : "an ARP reply",
        { NeighborAdvertisement: { } na } => $"a neighbour advertisement of {na.Address}",
        { RouterAdvertisement: not null } => "a router advertisement",
        { Rarp: true } => "a RARP announcement",
        { Ethernet: { } bare } => $"a frame of type 0x{bare.Type:x4}",
        _ => "raw bytes",
    };

    public override void Check(StepCheck check)
    {
        check.IsSent = true;
        var nodes = check.Inventory.Nodes;
        if (!check.Inventory.Vms.ContainsKey(From.Value))
        {
            check.Report(From.At, nodes.ContainsKey(From.Value) ? $"'{From.Value}' is a node" : $"there is no VM '{From.Value}'", nodes.ContainsKey(From.Value)
                ? "frames are sent by VMs, whose taps the lab holds; a node can ping, and run programs (exec)"
                : Spelling.Suggest(From.Value, check.Inventory.Vms.Keys, "VM"));
        }
        if (To is { } to)
        {
            check.Target(to, nodes: false);
        }
    }

    public override async Task ActAsync(Stage stage, StepFindings findings, CancellationToken ct)
    {
        var sender = stage.Lab.FindVm(From.Value)!;
        var frame = await stage.Frames.ComposeAsync(this, sender, ct).ConfigureAwait(false);
        findings.Fate = stage.LastFate = await sender.SendAsync(frame, ct).ConfigureAwait(false);
        findings.Seen.Add($"{sender.Name} sent {frame}");
    }

    private static void CheckContent(SendStep send, string what, Binding binding)
    {
        var given = Contents.Where(send.Given.ContainsKey).ToArray();
        if (given.Length != 1)
        {
            binding.Report(given.Length == 0 ? send.At : send.Of(given[1]),
                given.Length == 0 ? $"{what} says what to send to whom, but no frame" : $"{what} has both '{given[0]}' and '{given[1]}'",
                $"one of {string.Join(", ", Contents)}");
        }
        else if (given[0] is not ("raw" or "na" or "ra" or "rarp") && send.To is null && send.DestinationMac is null)
        {
            binding.Report(send.At, $"{what} has no receiver", "to: a VM or an address, or dst_mac");
        }
    }
}
