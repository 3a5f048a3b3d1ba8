using System.Globalization;
using System.Text.Json.Nodes;
using NetLab.Scenarios.Yaml;

namespace NetLab.Scenarios;

/// <summary>How everything under `steps:` is written.</summary>
internal static class StepShapes
{
    private static readonly ScalarShape<int> Port = Scalars.Number("a port", 0, 65535, "53", null);

    private static readonly ScalarShape<int> Size = Scalars.Number("a payload size", 0, 65507, "1000", "bytes");

    private static readonly ListShape<string> TextsOrOne = new("text", Scalars.Text, single: true);

    private static readonly ScalarShape<int> EtherType = new("an EtherType", "0x88b5",
        scalar => (scalar.Text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
                ? int.TryParse(scalar.Text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var number)
                : int.TryParse(scalar.Text, NumberStyles.None, CultureInfo.InvariantCulture, out number)) && number is >= 0 and <= 0xffff
            ? (number, null)
            : (0, new Problem($"{scalar.Noun} is not an EtherType", "two bytes, like 0x88b5 (for experiments) or 0x0800 (IPv4)")),
        () => new JsonObject { ["type"] = new JsonArray("integer", "string") });

    private static readonly ScalarShape<byte[]> Hex = new("bytes in hex", "'ff ff ff ff ff ff 02 00 00 00 00 01 88 b5'",
        scalar =>
        {
            var digits = string.Concat(scalar.Text.Where(character => !char.IsWhiteSpace(character) && character is not (':' or '-')));
            return digits.Length % 2 == 0 && digits.Length > 0 && digits.All(char.IsAsciiHexDigit)
                ? (Convert.FromHexString(digits), null)
                : ([], new Problem($"{scalar.Noun} is not bytes in hex", "two hex digits a byte, spaces and colons as you like"));
        },
        () => new JsonObject { ["type"] = "string", ["pattern"] = "^[0-9A-Fa-f:\\s-]+$" });

    private static readonly ScalarShape<bool> Reply = new("reply or no-reply", "no-reply",
        scalar => scalar.Text switch
        {
            "reply" => (true, null),
            "no-reply" => (false, null),
            _ => (true, new Problem($"{scalar.Noun} is not known", "reply or no-reply")),
        },
        () => new JsonObject { ["enum"] = new JsonArray("reply", "no-reply") });

    private static readonly ObjectShape<PingEntry> Ping = new ObjectShape<PingEntry>("ping", "a ping")
        .With("from", "The VM or node that asks.", Scalars.Place, (ping, value) => ping.From = value, required: true)
        .With("to", "The VM or node that should answer, or an address.", Texts.Target, (ping, value) => ping.To = value, required: true)
        .With("expect", "'reply' (as if absent) or 'no-reply'.", Reply, (ping, value) => ping.Reply = value.Value)
        .OrShort("vm01 -> vm02", "^\\S+\\s+->\\s+\\S+$", ParsePing);

    private static readonly ObjectShape<PortsEntry> Udp = new ObjectShape<PortsEntry>("udp", "a UDP datagram")
        .With("dst", "The destination port.", Port, (udp, value) => udp.Destination = value.Value, required: true)
        .With("src", "The source port; 40000 when absent.", Port, (udp, value) => udp.Source = value.Value)
        .With("payload", "The payload, as text.", Scalars.Text, (udp, value) => udp.Payload = value.Value)
        .With("size", "The payload's length, when its content does not matter.", Size, (udp, value) => udp.Size = value.Value)
        .OrShort("53", "^[0-9]+$", OnePort);

    private static readonly ObjectShape<PortsEntry> Tcp = new ObjectShape<PortsEntry>("tcp", "a TCP segment")
        .With("dst", "The destination port.", Port, (tcp, value) => tcp.Destination = value.Value, required: true)
        .With("src", "The source port; 40000 when absent.", Port, (tcp, value) => tcp.Source = value.Value)
        .With("flags", "Its flags; syn when absent.", new ListShape<string>("flag", Scalars.OneOf("a flag", "syn", "ack", "fin", "rst", "psh", "urg"), single: true),
            (tcp, value) => tcp.Flags = value.Value)
        .With("payload", "The payload, as text.", Scalars.Text, (tcp, value) => tcp.Payload = value.Value)
        .With("size", "The payload's length, when its content does not matter.", Size, (tcp, value) => tcp.Size = value.Value)
        .OrShort("80", "^[0-9]+$", OnePort);

    private static readonly ObjectShape<EchoEntry> Icmp = new ObjectShape<EchoEntry>("icmp", "an ICMP echo")
        .With("type", "'echo-request' (as if absent) or 'echo-reply'.", EchoType(), (echo, value) => echo.Request = value.Value)
        .With("id", "The identifier; 1 when absent.", Port, (echo, value) => echo.Id = value.Value)
        .With("seq", "The sequence number; 1 when absent.", Port, (echo, value) => echo.Sequence = value.Value)
        .With("size", "Bytes of payload.", Size, (echo, value) => echo.Size = value.Value)
        .OrShort("echo-request", "^echo-(request|reply)$", (scalar, what, binding) =>
            EchoType().TryBind(scalar, what, binding, out var request) ? new EchoEntry { Request = request } : null);

    private static readonly ObjectShape<ArpEntry> Arp = new ObjectShape<ArpEntry>("arp", "an ARP message")
        .With("op", "'request' (as if absent) or 'reply'.", ArpOp(), (arp, value) => arp.Request = value.Value)
        .OrShort("request", "^(request|reply)$", (scalar, what, binding) =>
            ArpOp().TryBind(scalar, what, binding, out var request) ? new ArpEntry { Request = request } : null);

    private static readonly ObjectShape<EthernetEntry> Ethernet = new ObjectShape<EthernetEntry>("ethernet", "a bare Ethernet frame")
        .With("type", "The EtherType; 0x88b5 is free for experiments.", EtherType, (frame, value) => frame.Type = value.Value, required: true)
        .With("payload", "The payload, as text.", Scalars.Text, (frame, value) => frame.Payload = value.Value)
        .With("size", "The payload's length, when its content does not matter.", Size, (frame, value) => frame.Size = value.Value);

    public static readonly string[] Contents = ["udp", "tcp", "icmp", "arp", "ethernet", "raw"];

    public static readonly ObjectShape<SendEntry> Send = new ObjectShape<SendEntry>("send", "a frame to send")
        .With("from", "The VM that sends.", Scalars.Name, (send, value) => send.From = value, required: true)
        .With("to", "The VM or address it is for: fills in the destination's MAC and IP address.", Texts.Target, (send, value) => send.To = value)
        .With("udp", "Send a UDP datagram: its destination port, or more.", Udp, (send, value) => send.Udp = value.Value)
        .With("tcp", "Send a TCP segment: its destination port, or more.", Tcp, (send, value) => send.Tcp = value.Value)
        .With("icmp", "Send an ICMP (or ICMPv6) echo.", Icmp, (send, value) => send.Icmp = value.Value)
        .With("arp", "Send an ARP message.", Arp, (send, value) => send.Arp = value.Value)
        .With("ethernet", "Send a bare Ethernet frame.", Ethernet, (send, value) => send.Ethernet = value.Value)
        .With("raw", "Send exactly these bytes, in hex.", Hex, (send, value) => send.Raw = value)
        .With("src_mac", "The source MAC address; the sender's when absent.", Scalars.Mac, (send, value) => send.SourceMac = value)
        .With("dst_mac", "The destination MAC address; the receiver's when absent.", Scalars.DestinationMac, (send, value) => send.DestinationMac = value)
        .With("src", "The source IP address; the sender's when absent.", Scalars.Address, (send, value) => send.Source = value)
        .With("dst", "The destination IP address; the receiver's when absent.", Scalars.Address, (send, value) => send.Destination = value)
        .With("vlan", "Send it with this 802.1Q tag.", Scalars.Number("a VLAN", 0, 4095, "7", null), (send, value) => send.Vlan = value)
        .With("ttl", "The IP time to live (or hop limit); 64 when absent.", Scalars.Number("a TTL", 0, 255, "64", null), (send, value) => send.Ttl = value.Value)
        .Checked((send, what, binding) =>
        {
            var given = Contents.Where(send.Given.ContainsKey).ToArray();
            if (given.Length != 1)
            {
                binding.Report(given.Length == 0 ? send.At : send.Of(given[1]),
                    given.Length == 0 ? $"{what} says what to send to whom, but no frame" : $"{what} has both '{given[0]}' and '{given[1]}'",
                    $"one of {string.Join(", ", Contents)}");
            }
            else if (given[0] != "raw" && send.To is null && send.DestinationMac is null)
            {
                binding.Report(send.At, $"{what} has no receiver", "to: a VM or an address, or dst_mac");
            }
        });

    private static readonly ScalarShape<string> HopName = new("a name", "br0",
        scalar => (scalar.Text, null), () => new JsonObject { ["type"] = "string" });

    private static readonly ObjectShape<ExpectEntry> Expect = new ObjectShape<ExpectEntry>("expect", "a receiver")
        .With("at", "The VM that receives the frame, or a device where it is seen.", Scalars.Place, (expect, value) => expect.Where = value, required: true)
        .With("via", "The devices it passes on the way, in order; others may lie between.", new ListShape<string>("hop", HopName, single: true),
            (expect, value) => expect.Via = SplitHops(value))
        .With("copies", "How many copies arrive; 1 when absent.", Scalars.Number("a count", 1, 1_000_000, "1", null), (expect, value) => expect.Copies = value.Value)
        .OrShort("vm02", "^[^\\s:]+(:[^\\s/:]{1,15})?$", (scalar, what, binding) =>
            Scalars.Place.TryBind(scalar, what, binding, out var place) ? new ExpectEntry { Where = new Located<Place>(place, scalar.At) } : null);

    private static readonly ObjectShape<SetEntry> Set = new ObjectShape<SetEntry>("set", "a live change")
        .With("device", "Change a device, node:device: up, mtu, mac, held.", Scalars.Device, (set, value) => set.Device = value)
        .With("port", "Change a port of a bridge, node:port: tag, trunks and vlan_mode of Open vSwitch's, flood, isolated and so on of a Linux bridge's.", Scalars.Device, (set, value) => set.Port = value)
        .With("node", "Change a node: sysctls.", Scalars.Name, (set, value) => set.Node = value)
        .With("vm", "Change a VM: answers.", Scalars.Name, (set, value) => set.Vm = value)
        .With("up", "Whether it is administratively up.", Scalars.Switch, (set, value) => set.Up = value.Value)
        .With("mtu", "The MTU, in bytes.", Scalars.Mtu, (set, value) => set.Mtu = value.Value)
        .With("mac", "The MAC address.", Scalars.Mac, (set, value) => set.Mac = value.Value)
        .With("held", "Whether somebody holds the device's file descriptor, as a hypervisor holds a tap's: its VM, or the lab where it has none.", Scalars.Switch, (set, value) => set.Held = value)
        .WithOvsVlan(set => set.Vlan)
        .WithBridgePortFlags(set => set.Flags)
        .With("sysctls", "Settings of the node's network namespace.", LabShapes.Sysctls, (set, value) => set.Sysctls = value.Value)
        .With("answers", "What the VM answers by itself: arp (and ND), ping; nothing with [].", LabShapes.Answers, (set, value) => set.Answers = value.Value)
        .Checked(CheckSet);

    private static readonly ScalarShape<int?> Exit = new("an exit code", "0",
        scalar => scalar.Text == "failure" ? (null, null)
            : int.TryParse(scalar.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var code) && code <= 255 ? (code, null)
            : (0, new Problem($"{scalar.Noun} is not an exit code", "0 to 255, or 'failure' for any but 0")),
        () => new JsonObject { ["anyOf"] = new JsonArray(new JsonObject { ["type"] = "integer", ["minimum"] = 0, ["maximum"] = 255 }, new JsonObject { ["const"] = "failure" }) });

    private static readonly ObjectShape<ExecEntry> Exec = new ObjectShape<ExecEntry>("exec", "a program to run")
        .With("node", "The node it runs in.", Scalars.Name, (exec, value) => exec.Node = value, required: true)
        .With("run", "The program and its arguments: one line (no shell), or a list.", new CommandShape(), (exec, value) => exec.Run = value.Value, required: true)
        .With("exit", "The exit code it must end with; 0 when absent, 'failure' for any other.", Exit, (exec, value) => exec.Exit = value.Value)
        .With("contains", "Texts that its output must contain.", TextsOrOne, (exec, value) => exec.Contains = value.Value)
        .With("lacks", "Texts that its output must not contain.", TextsOrOne, (exec, value) => exec.Lacks = value.Value);

    private static readonly ObjectShape<StateEntry> State = new ObjectShape<StateEntry>("state", "what a device must look like")
        .With("device", "The device, node:device.", Scalars.Device, (state, value) => state.Device = value, required: true)
        .With("exists", "Whether there is such a device.", Scalars.Switch, (state, value) => state.Exists = value.Value)
        .With("up", "Whether it is administratively up (IFF_UP).", Scalars.Switch, (state, value) => state.Up = value.Value)
        .With("carrier", "Whether somebody is at its other side (IFF_LOWER_UP).", Scalars.Switch, (state, value) => state.Carrier = value.Value)
        .With("operstate", "Its operational state as `ip link` names it.",
            Scalars.OneOf("an operstate", "up", "down", "unknown", "lowerlayerdown", "dormant", "notpresent"), (state, value) => state.OperState = value.Value)
        .With("mtu", "Its MTU, in bytes.", Scalars.Mtu, (state, value) => state.Mtu = value.Value)
        .With("mac", "Its MAC address.", Scalars.Mac, (state, value) => state.Mac = value.Value)
        .With("master", "The bridge it is a port of; 'none': of no bridge.", Scalars.DeviceName, (state, value) => state.Master = value)
        .With("kind", "Its kind as `ip -d link` names it: veth, tun, bridge…", Scalars.Text, (state, value) => state.Kind = value.Value)
        .Checked((state, what, binding) =>
        {
            if (state.Given.Count < 2)
            {
                binding.Report(state.At, $"{what} names a device but nothing about it", "at least one of exists, up, carrier, operstate, mtu, mac, master, kind");
            }
        });

    private static readonly ScalarShape<string> Errno = new("an errno", "EBUSY",
        scalar => scalar.Text.Length > 1 && scalar.Text[0] == 'E' && scalar.Text.All(char.IsAsciiLetterUpper)
            ? (scalar.Text, null)
            : (scalar.Text, new Problem($"{scalar.Noun} is not the name of an error", "a name from errno(3), like EBUSY or EINVAL")),
        () => new JsonObject { ["type"] = "string", ["pattern"] = "^E[A-Z]+$" });

    public static readonly ObjectShape<StepEntry> Step = new ObjectShape<StepEntry>("step", "a step")
        .With("name", "What the step is about, in a few words.", Scalars.Text, (step, value) => step.Name = value.Value)
        .With("say", "Narration, printed before the step acts; it may stand alone.", Scalars.Text, (step, value) => step.Say = value.Value)
        .With("ping", "Ping: 'vm01 -> vm02', or more.", Ping, (step, value) => step.Ping = value.Value)
        .With("send", "Send one frame, and follow it.", Send, (step, value) => step.Send = value.Value)
        .With("expect", "Who receives the frame that was sent last: VMs or devices, with the path it takes.", new ListShape<ExpectEntry>("receiver", Expect, single: true),
            (step, value) => step.Expect = value.Value)
        .With("expect-none", "Who does not receive it; the sender here means that it does not come back.", new ListShape<Place>("receiver", Scalars.Place, single: true),
            (step, value) => step.ExpectNone = value.Value)
        .With("set", "Change something in the running lab.", Set, (step, value) => step.Set = value.Value)
        .With("exec", "Run a program in a node.", Exec, (step, value) => step.Exec = value.Value)
        .With("state", "Look at a device.", State, (step, value) => step.State = value.Value)
        .With("refused", "The kernel must refuse what the step does, with this errno.", Errno, (step, value) => step.Refused = value)
        .With("claim", "A sentence that the steps under 'check' decide.", Scalars.Text, (step, value) => step.Claim = value.Value)
        .With("holds", "Whether the claim holds; 'no' for a claim that the checks must refute.", Scalars.Switch, (step, value) => step.Holds = value)
        .With("task", "Something for the reader to do in the running lab.", Scalars.Text, (step, value) => step.Task = value.Value)
        .With("hint", "Help with the task, one hint after the other.", TextsOrOne, (step, value) => step.Hints = value.Value)
        .With("solution", "Steps that do the task.", new ListShape<StepEntry>("the step", new LateShape<StepEntry>(() => Step!)), (step, value) => step.Solution = value.Value)
        .With("check", "Steps that decide the claim, or whether the task is done.", new ListShape<StepEntry>("the step", new LateShape<StepEntry>(() => Step!)),
            (step, value) => step.Check = value.Value)
        .Checked(CheckStep);

    private static readonly string[] Actions = ["ping", "send", "set", "exec", "state", "claim", "task"];

    private static void CheckStep(StepEntry step, string what, Binding binding)
    {
        var given = Actions.Where(step.Given.ContainsKey).ToArray();
        if (given.Length > 1)
        {
            binding.Report(step.Of(given[1]), $"{what} does two things, '{given[0]}' and '{given[1]}'", "a step has one action; begin a new one with '- '");
            return;
        }
        var action = given.Length == 1 ? given[0] : null;
        if (action is null && !step.Given.ContainsKey("expect") && !step.Given.ContainsKey("expect-none") && !step.Given.ContainsKey("say"))
        {
            binding.Report(step.At, $"{what} does nothing", $"an action ({string.Join(", ", Actions)}, expect, expect-none), or 'say'");
            return;
        }
        Only(["expect", "expect-none"], action is null or "send", "belongs to a frame", "put it beside 'send', or into a step of its own after it");
        Only(["refused"], action is "set" or "exec", "is about a change", "put it beside 'set'");
        Only(["holds"], action == "claim", "is about a claim", "put it beside 'claim'");
        Only(["hint", "solution"], action == "task", "is about a task", "put it beside 'task'");
        Only(["check"], action is "claim" or "task", "decides a claim or a task", "put it beside 'claim' or 'task'");
        if (action is "claim" or "task" && step.Check.Count == 0)
        {
            binding.Report(step.Of(action), $"this {action} has no 'check'", $"check: a list of steps that decide it");
        }

        void Only(string[] keys, bool allowed, string belongs, string right)
        {
            foreach (var key in keys.Where(key => !allowed && step.Given.ContainsKey(key)))
            {
                binding.Report(step.Of(key), $"'{key}' {belongs}, and this step has {(action is null ? "none" : $"'{action}'")}", right);
            }
        }
    }

    public static readonly string[] OvsPortKeys = ["tag", "trunks", "vlan_mode"];

    public static readonly string[] BridgePortKeys = ["learning", "flood", "mcast_flood", "bcast_flood", "isolated", "hairpin", "guard", "cost", "priority"];

    private static readonly Dictionary<string, string[]> Settable = new()
    {
        ["device"] = ["up", "mtu", "mac", "held"],
        ["port"] = [.. OvsPortKeys, .. BridgePortKeys],
        ["node"] = ["sysctls"],
        ["vm"] = ["answers"],
    };

    private static void CheckSet(SetEntry set, string what, Binding binding)
    {
        var subjects = Settable.Keys.Where(set.Given.ContainsKey).ToArray();
        if (subjects.Length != 1)
        {
            binding.Report(subjects.Length == 0 ? set.At : set.Of(subjects[1]),
                subjects.Length == 0 ? $"{what} does not say what to change" : $"{what} changes both a {subjects[0]} and a {subjects[1]}",
                $"one of {string.Join(", ", Settable.Keys)}");
            return;
        }
        var allowed = Settable[subjects[0]];
        var changes = set.Given.Keys.Where(key => key != subjects[0]).ToArray();
        foreach (var foreign in changes.Except(allowed))
        {
            binding.Report(set.Of(foreign), $"a {subjects[0]} has no '{foreign}' to change",
                Settable.FirstOrDefault(other => other.Value.Contains(foreign)) is { Key: { } owner } ? $"'{foreign}' is of a {owner}" : $"it has {string.Join(", ", allowed)}");
        }
        if (changes.Length == 0)
        {
            binding.Report(set.At, $"{what} names a {subjects[0]} but no change", $"one or more of {string.Join(", ", allowed)}");
        }
    }

    private static PingEntry? ParsePing(YamlScalar scalar, string what, Binding binding)
    {
        if (Texts.Split(scalar.Text, "->") is not { } ends)
        {
            binding.Report(scalar.At, $"{what} {scalar.Noun} does not say who asks whom", "two names with ' -> ' between them, like 'vm01 -> vm02'");
            return null;
        }
        var from = new YamlScalar(scalar.At, ends.Left, true, true);
        var to = new YamlScalar(scalar.Inside(ends.RightOffset), ends.Right, true, true);
        return Scalars.Place.TryBind(from, what, binding, out var asker) & Texts.Target.TryBind(to, what, binding, out var answerer)
            ? new PingEntry { From = new Located<Place>(asker, from.At), To = new Located<Target>(answerer, to.At) }
            : null;
    }

    private static PortsEntry? OnePort(YamlScalar scalar, string what, Binding binding) =>
        Port.TryBind(scalar, what, binding, out var port) ? new PortsEntry { Destination = port } : null;

    private static ScalarShape<bool> EchoType() => new("a type", "echo-request",
        scalar => scalar.Text switch
        {
            "echo-request" => (true, null),
            "echo-reply" => (false, null),
            _ => (true, new Problem($"{scalar.Noun} is not known", "echo-request or echo-reply")),
        },
        () => new JsonObject { ["enum"] = new JsonArray("echo-request", "echo-reply") });

    private static ScalarShape<bool> ArpOp() => new("an operation", "request",
        scalar => scalar.Text switch
        {
            "request" => (true, null),
            "reply" => (false, null),
            _ => (true, new Problem($"{scalar.Noun} is not known", "request or reply")),
        },
        () => new JsonObject { ["enum"] = new JsonArray("request", "reply") });

    /// <summary>"tap1 > br0 > tap2" is a list of three.</summary>
    private static List<Located<string>> SplitHops(Located<IReadOnlyList<Located<string>>> written)
    {
        var hops = new List<Located<string>>();
        foreach (var item in written.Value)
        {
            var offset = 0;
            foreach (var part in item.Value.Split('>'))
            {
                var name = part.Trim();
                var lead = part.Length - part.TrimStart().Length;
                if (name.Length > 0 && name is not ("…" or "..."))
                {
                    hops.Add(new Located<string>(name, item.At.Shift(offset + lead)));
                }
                offset += part.Length + 1;
            }
        }
        return hops;
    }

    /// <summary>One line that is split into words, or a list of words.</summary>
    private sealed class CommandShape : Shape<IReadOnlyList<string>>
    {
        public override bool TryBind(YamlValue value, string what, Binding binding, out IReadOnlyList<string> result)
        {
            if (value is YamlScalar { IsNull: false } scalar)
            {
                (result, var problem) = Texts.Words(scalar.Text);
                if (problem is not null)
                {
                    binding.Report(scalar.Inside(problem.Offset), $"{what} {problem.Wrong}", problem.Right);
                }
                return problem is null;
            }
            result = [];
            if (!TextsOrOne.TryBind(value, what, binding, out var words))
            {
                return false;
            }
            result = [.. words.Select(word => word.Value)];
            if (result.Count == 0)
            {
                binding.Report(value.At, $"{what} names no program", "a program and its arguments, like 'ip -br link'");
            }
            return result.Count > 0;
        }

        public override JsonObject Schema(SchemaDefinitions definitions) => TextsOrOne.Schema(definitions);
    }
}
