using NetLab.Packets;

namespace NetLab;

/// <summary>One thing that shows why a frame ended: who says it, and what.</summary>
/// <param name="Source">Who says it: <c>kernel</c>, <c>nft</c>, <c>iptables</c>, <c>ip6tables</c>, <c>ovs</c>;
/// what was read (<c>link</c>, <c>bridge</c>, <c>qdisc</c>, <c>route</c>,
/// <c>rule</c>, <c>neighbour</c>, <c>socket</c>, <c>sysctl</c>, <c>policy</c>, of IPsec); <c>seen</c>, for what the lab saw itself;
/// or <c>model</c>, for what follows from the state as it is now, and nobody told.</param>
/// <param name="Text">What it says: a sentence.</param>
public sealed record Evidence(string Source, string Text)
{
    /// <summary>What was seen, in one <see cref="PlainText">plain</see> line.</summary>
    public string Text { get; init => field = PlainText.Line(value); } = PlainText.Line(Text);

    /// <summary>Both: <c>kernel: NETFILTER_DROP in nft_do_chain.</c></summary>
    public override string ToString() => $"{Source}: {Text}";

    internal static Evidence Kernel(string text) => new("kernel", text);

    internal static Evidence Nft(string text) => new("nft", text);

    internal static Evidence Ovs(string text) => new("ovs", text);

    internal static Evidence Link(string text) => new("link", text);

    internal static Evidence Bridge(string text) => new("bridge", text);

    internal static Evidence Qdisc(string text) => new("qdisc", text);

    internal static Evidence Route(string text) => new("route", text);

    internal static Evidence Rule(string text) => new("rule", text);

    internal static Evidence Policy(string text) => new("policy", text);

    internal static Evidence Neighbour(string text) => new("neighbour", text);

    internal static Evidence Socket(string text) => new("socket", text);

    internal static Evidence Sysctl(string text) => new("sysctl", text);

    internal static Evidence Seen(string text) => new("seen", text);

    internal static Evidence Model(string text) => new("model", text);
}
