using System.Net;
using System.Text.Json.Nodes;
using NetLab.Linux.Netlink;

namespace NetLab.Scenarios;

/// <summary>A kind of device that a node can be given by <c>type:</c>, with its keys.</summary>
/// <param name="name">The kind as <c>ip link add … type</c> names it.</param>
/// <param name="noun">"a VXLAN tunnel".</param>
internal abstract class DeviceKind(string name, string noun)
{
    public string Name => name;

    public string Noun => noun;

    /// <summary>Adds the kind's keys to a device's mapping.</summary>
    public abstract void AddTo(ObjectShape<DevicePart> shape);

    /// <summary>Adds the device to a node.</summary>
    /// <param name="part">The device as written.</param>
    /// <param name="node">The node.</param>
    /// <param name="lower">The device below, where it names one.</param>
    public abstract void Add(DevicePart part, Node node, Device? lower);
}

/// <summary>A kind that is made by a <see cref="LinkSpec"/>: one line for each of its options, by iproute2's name.</summary>
/// <param name="name">The kind as <c>ip link add … type</c> names it.</param>
/// <param name="noun">"a VXLAN tunnel".</param>
/// <param name="create">The spec of a device of this name, without options.</param>
internal sealed class LinkKind<TSpec>(string name, string noun, Func<string, TSpec> create) : DeviceKind(name, noun)
    where TSpec : LinkSpec
{
    private static readonly ScalarShape<string> LowerName = new("a device of the same node", "eth0",
        scalar => scalar.Text.Contains(':', StringComparison.Ordinal)
            ? (scalar.Text, new Problem($"'{scalar.Text}' names a node too, and a device is in the node of the one below it",
                "a device of this node alone, like eth0"))
            : (scalar.Text, Scalars.DeviceNameProblem(scalar.Text)),
        () => new JsonObject { ["type"] = "string", ["pattern"] = "^[^\\s/:]{1,15}$" });

    private readonly List<Action<ObjectShape<DevicePart>>> _keys = [];

    /// <summary>An option of any shape.</summary>
    public LinkKind<TSpec> With<TValue>(string key, string document, Shape<TValue> shape, Func<TSpec, TValue, TSpec> set, bool required = false)
    {
        _keys.Add(device => device.With(key, document, shape, (part, value) => part.Options.Add(spec => set((TSpec)spec, value.Value)), required));
        return this;
    }

    /// <summary>A key that is no option of the device's making.</summary>
    public LinkKind<TSpec> OfPart<TValue>(string key, string document, Shape<TValue> shape, Action<DevicePart, TValue> set)
    {
        _keys.Add(device => device.With(key, document, shape, (part, value) => set(part, value.Value)));
        return this;
    }

    /// <summary>An option that is on or off.</summary>
    public LinkKind<TSpec> Flag(string key, string document, Func<TSpec, bool, TSpec> set) => With(key, document, Scalars.Switch, set);

    /// <summary>An option that is a number.</summary>
    public LinkKind<TSpec> Number(string key, string document, long least, long most, Func<TSpec, long, TSpec> set, bool required = false) =>
        With(key, document, Scalars.LongNumber($"'{key}'", least, most), set, required);

    /// <summary>An option that is an IP address.</summary>
    public LinkKind<TSpec> Address(string key, string document, Func<TSpec, IPAddress, TSpec> set) => With(key, document, Scalars.Address, set);

    /// <summary>An option that is a time.</summary>
    public LinkKind<TSpec> Time(string key, string document, Func<TSpec, TimeSpan, TSpec> set) => With(key, document, Scalars.Duration, set);

    /// <summary>An option that is one of some words.</summary>
    public LinkKind<TSpec> Word<TValue>(string key, string document, IReadOnlyList<(string Word, TValue Value)> words, Func<TSpec, TValue, TSpec> set) =>
        With(key, document, Scalars.OneOf($"'{key}'", [.. words.Select(word => word.Word)]), (spec, word) =>
            set(spec, words.First(each => each.Word == word).Value));

    /// <summary>The device below: <c>link</c> where the kind sits on it, <c>dev</c> where it sends by it.</summary>
    public LinkKind<TSpec> Over(string key, string document, Func<TSpec, int, TSpec> set, bool required = false)
    {
        _keys.Add(device => device.With(key, document, LowerName, (part, value) =>
        {
            part.Lower = value;
            part.SetLower = (spec, index) => set((TSpec)spec, index);
        }, required));
        return this;
    }

    public override void AddTo(ObjectShape<DevicePart> shape)
    {
        _keys.ForEach(add => add(shape));
        Add("txqueuelen", "Length of the transmit queue, in frames.", Scalars.LongNumber("'txqueuelen'", 0, int.MaxValue), (spec, frames) =>
            spec with { TxQueueLength = (int)frames });
        Add("numtxqueues", "Number of transmit queues.", Scalars.LongNumber("'numtxqueues'", 1, 4096), (spec, count) => spec with { NumTxQueues = (int)count });
        Add("numrxqueues", "Number of receive queues.", Scalars.LongNumber("'numrxqueues'", 1, 4096), (spec, count) => spec with { NumRxQueues = (int)count });
        Add("devgroup", "The device group, by which nftables and iptables match.", Scalars.LongNumber("'devgroup'", 0, int.MaxValue), (spec, group) =>
            spec with { Group = (uint)group });
        Add("altnames", "Further names.", Scalars.Texts, (spec, names) => spec with { AltNames = [.. names.Select(each => each.Value)] });
        Add("alias", "A text that describes it.", Scalars.Text, (spec, text) => spec with { Alias = text });

        void Add<TValue>(string key, string document, Shape<TValue> of, Func<LinkSpec, TValue, LinkSpec> set) =>
            shape.With(key, document, of, (part, value) => part.Options.Add(spec => set(spec, value.Value)));
    }

    public override void Add(DevicePart part, Node node, Device? lower)
    {
        var spec = part.Options.Aggregate((LinkSpec)create(part.Name.Value), (made, option) => option(made));
        _ = lower is null ? node.AddDevice(spec) : node.AddDevice(lower, index => part.SetLower(spec, index));
    }
}

/// <summary>A tap that nobody holds open.</summary>
internal sealed class TapKind() : DeviceKind("tap", "a tap")
{
    public override void AddTo(ObjectShape<DevicePart> shape)
    {
    }

    public override void Add(DevicePart part, Node node, Device? lower) => node.AddTap(part.Name.Value);
}
