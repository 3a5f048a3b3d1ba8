using System.Net;
using System.Text;

namespace NetLab.Linux.Netlink;

/// <summary>Where a policy of IPsec is asked (XFRM_POLICY_*).</summary>
internal enum XfrmDirection : byte
{
    /// <summary>For what the node itself receives.</summary>
    In,

    /// <summary>For what leaves the node, its own and what it forwards.</summary>
    Out,

    /// <summary>For what it forwards, when it came in.</summary>
    Forward,
}

/// <summary>A policy of IPsec, as <c>ip xfrm policy</c> shows it.</summary>
/// <param name="Direction">Where it is asked.</param>
/// <param name="IsBlock">Whether it lets nothing through.</param>
internal sealed record XfrmPolicyInfo(XfrmDirection Direction, bool IsBlock)
{
    /// <summary>The sources that it is about.</summary>
    public required IPNetwork Source { get; init; }

    /// <summary>The destinations that it is about.</summary>
    public required IPNetwork Destination { get; init; }

    /// <summary>The IP protocol, or 0 for all.</summary>
    public byte Protocol { get; init; }

    /// <summary>The source port; null for all.</summary>
    public ushort? SourcePort { get; init; }

    /// <summary>The destination port; null for all.</summary>
    public ushort? DestinationPort { get; init; }

    /// <summary>The device, or 0 for all.</summary>
    public int InterfaceIndex { get; init; }

    /// <summary>The smallest counts.</summary>
    public uint Priority { get; init; }

    /// <summary>How many transformations it demands: what has them not does not get through.</summary>
    public int RequiredTemplates { get; init; }

    /// <summary>The selector and the direction, in the words by which <c>ip xfrm policy</c> finds it.</summary>
    public string Selector
    {
        get
        {
            var text = new StringBuilder($"src {Source} dst {Destination}");
            text.Append(Protocol == 0 ? "" : $" proto {Protocol}");
            text.Append(SourcePort is { } from ? $" sport {from}" : "").Append(DestinationPort is { } to ? $" dport {to}" : "");
            return text.Append($" dir {Direction switch { XfrmDirection.In => "in", XfrmDirection.Out => "out", _ => "fwd" }}").ToString();
        }
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Selector} priority {Priority}{(IsBlock ? " action block" : RequiredTemplates > 0 ? $", {RequiredTemplates} transformation(s) required" : "")}";
}
