using System.Net;
using System.Net.Sockets;
using NetLab.Packets;

namespace NetLab.Scenarios;

/// <summary>A question that cannot be asked of this lab; the message says why, and what could be.</summary>
public sealed class QuestionException : Exception
{
    /// <summary>Says what is wrong with the question.</summary>
    public QuestionException(string message)
        : base(message)
    {
    }
}

/// <summary>
/// What becomes of a frame from one place of a scenario's lab to another. The question is checked before the lab is built; who
/// receives is known from the description, so that no ARP must work before the frame is sent.
/// </summary>
/// <example><code>var question = FrameQuestion.Ask(run, "vm1", "vm2", "udp port=53");  // … build …  var verdict = await
/// question.AnswerAsync();</code></example>
public sealed class FrameQuestion
{
    private readonly Lab _lab;
    private readonly FakeVm? _vm;
    private readonly Node? _node;
    private readonly Target _to;
    private readonly SendStep _frame;
    private readonly NodeRequest? _request;

    private FrameQuestion(Lab lab, FakeVm? vm, Node? node, Target to, SendStep frame)
    {
        (_lab, _vm, _node, _to, _frame) = (lab, vm, node, to, frame);
        _request = node is null ? null : NodeRequest.Of(frame, node.Name);
    }

    /// <summary>Asks.</summary>
    /// <param name="run">The scenario; its lab need not be built yet.</param>
    /// <param name="from">The VM that sends the frame, or the node whose own stack asks: by a ping, a TCP connection, a datagram.</param>
    /// <param name="to">The VM, node, IP address or MAC address it is for.</param>
    /// <param name="frame">The frame, as a `send` step has it, on one line: <c>udp port=53</c>. Null: that, or a bare Ethernet frame where nobody has IP
    /// addresses, or a node's ping.</param>
    /// <exception cref="QuestionException">There is no such place, or it cannot send that.</exception>
    /// <exception cref="ScenarioException">The frame is not well written; places are those of the line.</exception>
    public static FrameQuestion Ask(ScenarioRun run, string from, string to, string? frame = null)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        var lab = run.Lab;
        (var vm, var node) = (lab.FindVm(from), lab.FindNode(from));
        if (vm is null && node is null)
        {
            throw new QuestionException($"--from: {NoSuchPlace(lab, from)}");
        }

        (var target, var problem) = Texts.ReadTarget(to);
        if (problem is not null)
        {
            throw new QuestionException($"--to: {problem.Wrong}; {problem.Right}");
        }
        if (target is { Name: { } name } && lab.FindVm(name) is null && lab.FindNode(name) is null)
        {
            throw new QuestionException($"--to: {NoSuchPlace(lab, name)}");
        }
        if (from == to)
        {
            throw new QuestionException($"--to: '{to}' is the sender itself; name another VM, node or address");
        }
        var binding = new Binding("--frame");
        var send = FrameLine.Parse(frame ?? (vm is null ? "icmp" : DefaultFrame(lab, vm, target)), from, target, binding);
        return send is not null && binding.Count == 0 ? new FrameQuestion(lab, vm, vm is null ? node : null, target, send)
            : throw new ScenarioException(binding.Diagnostics);
    }

    /// <summary>Sends the frame and says what became of it.</summary>
    /// <param name="ct">Ends the attempt.</param>
    /// <exception cref="QuestionException">The frame lacks something that neither the question nor the lab's description has.</exception>
    public async Task<IVerdict> AnswerAsync(CancellationToken ct = default)
    {
        if (_node is { } node)
        {
            var exchange = await _request!.AskAsync(node, AddressOf(node.AddressesNow), ct).ConfigureAwait(false);
            return new ExchangeVerdict(exchange, Verdict(exchange.Request));
        }

        try
        {
            var frame = await ComposeAsync(_vm!, _frame, ct).ConfigureAwait(false);
            if (!IsPing(frame))
            {
                return Verdict(await _vm!.SendAsync(frame, ct).ConfigureAwait(false));
            }

            var exchange = await _vm!.AskAsync(frame, ct).ConfigureAwait(false);
            return new ExchangeVerdict(exchange, Verdict(exchange.Request));
        }
        catch (StepFailure lacking)
        {
            throw new QuestionException($"--frame: {lacking.Message.Replace("the step", "the frame", StringComparison.Ordinal)}");
        }
    }

    // An echo request in the VM's own name, to somebody who answers: then the answer is what is asked for. In another's name, the answer goes to that.
    private bool IsPing(Frame frame)
    {
        if (frame is not { Icmp.Type: IcmpType.EchoRequest } and not { Icmpv6.Type: Icmpv6Type.EchoRequest }
            || _frame.Given.Keys.Any(key => key is not ("from" or "to" or "icmp" or "ttl")))
        {
            return false;
        }

        (var vm, var node) = _to.Mac is null ? Receiver() : default;
        return vm is { AnswersPing: true } || (vm is null && node is not null);
    }

    private async Task<Frame> ComposeAsync(FakeVm sender, SendStep send, CancellationToken ct)
    {
        if (send.Raw is null)
        {
            if (_to.Name is { } name && _lab.FindNode(name) is not null)
            {
                send.To = new Located<Target>(new Target(null, AddressOf(sender.Addresses), null), send.At);
            }

            var address = send.Destination?.Value ?? send.To?.Value.Address
                ?? (_to.Name is not null && _lab.FindVm(_to.Name) is { Addresses.Count: > 0 } ? AddressOf(sender.Addresses) : null);
            if (send.DestinationMac is null && address is not null && sender.FindNextHop(address) is { } next && send.Arp is null && !IsGroup(next))
            {
                if (MacOf(next) is { } mac)
                {
                    send.DestinationMac = new Located<MacAddress>(mac, send.At);
                }
                else if (sender.Addresses.FirstOrDefault(a => a.Address.AddressFamily == next.AddressFamily).Address is { } own)
                {
                    // Nobody in the lab has it: what the sender would send is the question for it.
                    return own.AddressFamily is AddressFamily.InterNetworkV6 ? Frame.NeighborSolicitation(sender.Mac, own, next)
                        : Frame.ArpRequest(sender.Mac, own, next);
                }
            }
        }

        return await new FrameComposer(_lab).ComposeAsync(send, sender, ct).ConfigureAwait(false);
    }

    private FateVerdict Verdict(Fate fate)
    {
        (var vm, var node) = Receiver();
        return vm is not null ? FateVerdict.Of(fate, vm) : node is not null ? FateVerdict.Of(fate, node) : FateVerdict.Of(fate, _to.ToString());
    }

    // Whom the frame is for, where that is in the lab.
    private (FakeVm? Vm, Node? Node) Receiver()
    {
        var vm = _to switch
        {
            { Name: { } name } => _lab.FindVm(name),
            { Address: { } address } => _lab.Vms.FirstOrDefault(v => v.Has(address)),
            { Mac: { } mac } => _lab.Vms.FirstOrDefault(v => v.Mac == mac),
            _ => null,
        };
        var node = _to switch
        {
            { Name: { } name } => _lab.FindNode(name),
            { Address: { } address } when IPAddress.IsLoopback(address) => _node,
            { Address: { } address } => _lab.Nodes.FirstOrDefault(n => Endpoint.DeviceWith(n, address) is not null),
            { Mac: { } mac } => _lab.Nodes.FirstOrDefault(n => n.Devices.Any(d => d.Mac == mac && d.Switch is null && d is not TapDevice)),
            _ => null,
        };
        return (vm, node);
    }

    /// <summary>The receiver's address: in a network of the sender's where it has one there, of the sender's kind otherwise.</summary>
    private IPAddress AddressOf(IEnumerable<InterfaceAddress> own)
    {
        if (_to.Address is { } address)
        {
            return address;
        }
        List<InterfaceAddress> mine = [.. own];
        var theirs = _to.Name is null
            ? [] : _lab.FindVm(_to.Name)?.Addresses ?? _lab.FindNode(_to.Name)!.AddressesAskedFor;
        return theirs.Count == 0
            ? throw new QuestionException($"--to: {_to} has no IP address to send to; give it one, or send a bare frame: --frame 'ethernet type=0x88b5'")
            : theirs.OrderByDescending(t => mine.Exists(m => m.Contains(t.Address)))
                .ThenByDescending(t => mine.Exists(m => m.Address.AddressFamily == t.Address.AddressFamily)).First().Address;
    }

    private MacAddress? MacOf(IPAddress address) =>
        Endpoint.WithAddress(_lab, address) is not [var owner, ..] ? null
            : owner.Vm?.Mac ?? (owner.Node!.Live.Route.FindLink(Endpoint.DeviceWith(owner.Node, address)!.Value.Device)?.Mac is { } mac
                ? MacAddress.From(mac) : null);

    private static bool IsGroup(IPAddress address) =>
        address.GetAddressBytes() is [255, 255, 255, 255] or [>= 224 and < 240, _, _, _] || address.IsIPv6Multicast;

    private static string DefaultFrame(Lab lab, FakeVm from, Target to) =>
        to.Mac is not null || from.Addresses.Count == 0 || (to.Name is { } name && lab.FindVm(name) is { Addresses.Count: 0 })
            ? "ethernet type=0x88b5 size=46"
            : "udp port=53 payload=hello";

    private static string NoSuchPlace(Lab lab, string name) =>
        $"there is no VM or node '{name}'{Known("; the lab has VMs", lab.Vms.Select(v => v.Name))}{Known("; nodes", lab.Nodes.Select(n => n.Name))}";

    private static string Known(string what, IEnumerable<string> names) => names.Any() ? $"{what} {string.Join(", ", names)}" : "";
}
