using System.Net;
using NetLab.Linux.Netlink;

namespace NetLab.Tests.Forwarding.Property;

/// <summary>One thing of a random network. It prints as the line that makes it again.</summary>
internal abstract record Piece
{
    /// <summary>Describes it in a lab where what it names is described already.</summary>
    /// <exception cref="TopologyException">Something that it names is not there.</exception>
    public virtual void Describe(Lab lab)
    {
    }

    /// <summary>What is done once the lab runs.</summary>
    public virtual Task DoAsync(Lab lab) => Task.CompletedTask;

    protected static Node Find(Lab lab, string node) => lab.FindNode(node) ?? throw new TopologyException($"there is no node {node}");

    protected static Switch Switch(Lab lab, string node, string name) => (Switch)Find(lab, node).Device(name);
}

internal sealed record NodePiece(string Name, bool Routes = false) : Piece
{
    public override void Describe(Lab lab) => lab.AddNode(Name).Forwarding = Routes;
}

/// <summary>A Linux bridge, or one of Open vSwitch.</summary>
internal sealed record SwitchPiece(string Node, string Name, bool IsOvs = false) : Piece
{
    public override void Describe(Lab lab) => _ = IsOvs ? Find(lab, Node).AddOvsBridge(Name) : (Device)Find(lab, Node).AddBridge(Name);
}

/// <summary>An address of a device.</summary>
internal sealed record AddressPiece(string Node, string Device, string Address) : Piece
{
    public override void Describe(Lab lab) => Find(lab, Node).Device(Device).AddAddress(Address);
}

internal sealed record VmPiece(string Name, string Node, string On, string Address, string Address6, string Gateway, int? Tag = null, string? Mac = null)
    : Piece
{
    public override void Describe(Lab lab) => Find(lab, Node).AddVm(Name, Switch(lab, Node, On), vm =>
    {
        vm.Address(Address).Address(Address6).Gateway(Gateway);
        _ = Mac is null ? vm : vm.Mac(Mac);
        _ = Tag is { } tag ? vm.Vlan(tag) : vm;
    });
}

/// <summary>A cable between two nodes, each end alone in its node or a port of a switch of it.</summary>
internal sealed record CablePiece(string Node, string? On, string End, string ToNode, string? ToOn, string ToEnd) : Piece
{
    public override void Describe(Lab lab) => lab.AddLink(Of(lab, Node, On, End), Of(lab, ToNode, ToOn, ToEnd));

    private static LinkEnd Of(Lab lab, string node, string? on, string name) => on is null ? Find(lab, node).End(name) : Switch(lab, node, on).End(name);
}

/// <summary>Patch ports between two Open vSwitch bridges of a node.</summary>
internal sealed record PatchPiece(string Node, string A, string B) : Piece
{
    public override void Describe(Lab lab) => ((OvsBridge)Switch(lab, Node, A)).AddPatch((OvsBridge)Switch(lab, Node, B), $"{A}-{B}", $"{B}-{A}");
}

/// <summary>A port of type internal, by which the node itself is behind its Open vSwitch bridge.</summary>
internal sealed record InternalPortPiece(string Node, string On, string Name) : Piece
{
    public override void Describe(Lab lab) => ((OvsBridge)Switch(lab, Node, On)).AddInternalPort(Name);
}

/// <summary>One end of a VXLAN tunnel as a port of a Linux bridge.</summary>
internal sealed record VxlanPiece(string Node, string On, string Name, string Local, string Remote, uint Id) : Piece
{
    public override void Describe(Lab lab) => Switch(lab, Node, On).Attach(Find(lab, Node).AddDevice(
        new VxlanSpec(Name) { Id = Id, Port = 4789, Local = IPAddress.Parse(Local), Remote = IPAddress.Parse(Remote) }));
}

/// <summary>A route of a node.</summary>
internal sealed record RoutePiece(string Node, string Destination, string Via) : Piece
{
    public override void Describe(Lab lab) => Find(lab, Node).AddRoute(Destination, Via);
}

/// <summary>Rules of nftables in a node.</summary>
internal sealed record RulesPiece(string Node, string Text) : Piece
{
    public override void Describe(Lab lab) => Find(lab, Node).AddRuleset(Text);
}

/// <summary>A command in a node of the running lab: mostly one that breaks something.</summary>
internal sealed record CommandPiece(string Node, string Command, string? Needs = null) : Piece
{
    public override void Describe(Lab lab) => _ = Needs is null ? null : Find(lab, Node).Device(Needs);

    public override async Task DoAsync(Lab lab)
    {
        var words = Command.Split(' ');
        (await Find(lab, Node).ExecAsync(words[0], words[1..])).EnsureSuccess();
    }
}
