using System.Globalization;
using System.Text.RegularExpressions;

namespace NetLab;

/// <summary>
/// What Open vSwitch would do with a frame, in its own words: the answer of ofproto/trace (ovs-vswitchd(8)) and what can be read out of it.
/// The trace is a rehearsal on the tables as they are now. It changes nothing: no MAC address is learned, no connection committed.
/// </summary>
public sealed partial record OvsTrace
{
    /// <summary>The whole answer.</summary>
    public required string Text { get; init; }

    /// <summary>
    /// What the datapath would do, by port name: <c>push_vlan(vid=10,pcp=0),v1,v4</c>, or <c>drop</c>. A frame that goes through connection
    /// tracking is resumed afterwards; then the parts are separated by <c>; </c>.
    /// </summary>
    public required string DatapathActions { get; init; }

    /// <summary>True when no port would send the frame.</summary>
    public bool Dropped => Outputs.Count is 0;

    /// <summary>
    /// The devices that would send the frame, in that order, also those of other bridges that it reaches through patch ports. A bridge's
    /// internal port has the bridge's name; a frame that only goes there stays inside the node.
    /// </summary>
    public IReadOnlyList<string> OutputPorts => [.. Outputs.Select(o => o.Port).Distinct()];

    /// <summary>The same with the VLAN tag that the frame has as it leaves.</summary>
    public required IReadOnlyList<OvsOutput> Outputs { get; init; }

    /// <summary>
    /// Why something was dropped: the sentences that ofproto/trace puts between <c>&gt;&gt;&gt;&gt;</c> and <c>&lt;&lt;&lt;&lt;</c>, and its warnings.
    /// </summary>
    public required IReadOnlyList<string> Reasons { get; init; }

    /// <summary>Every flow table that was asked, in order.</summary>
    public required IReadOnlyList<OvsTraceStep> Steps { get; init; }

    /// <summary>
    /// The flows that decided: those that sent, dropped or switched the frame, rather than passing it on to another table; of a bridge whose flows all
    /// do no more than that, the last, where it writes or clears what is done in the end.
    /// </summary>
    public IReadOnlyList<OvsTraceStep> Deciding => [.. Steps.Where(s => s.Decides
        || (s.Actions.Any(a => a is "clear_actions" || a.StartsWith("write_", StringComparison.Ordinal))
            && ReferenceEquals(s, Steps.Last(other => other.Bridge == s.Bridge)) && !Steps.Any(other => other.Bridge == s.Bridge && other.Decides)))];

    /// <summary>Whether it ends where a packet is taken out of a tunnel.</summary>
    internal bool OpensTunnel => DatapathActions.Contains("tnl_pop(", StringComparison.Ordinal);

    /// <summary>How many bytes larger than a frame the packet is that a tunnel makes of it; 0 where it goes into none.</summary>
    internal int TunnelHeaders => TunnelPattern().Match(DatapathActions) is { Success: true } push
        ? int.Parse(push.Groups[1].Value, CultureInfo.InvariantCulture) : 0;

    /// <summary>The tunnel that the packet came out of, and what was in it; null where it came out of none.</summary>
    internal (OvsPortState Port, Packets.Frame Inner)? Tunnel { get; init; }

    /// <summary>This trace, which ends at a tunnel, and that of what was inside as one: what the device of all tunnels would get, it passes on.</summary>
    internal OvsTrace GoingOnWith(OvsTrace inside, OvsPortState tunnel, Packets.Frame inner) => inside with
    {
        Tunnel = (tunnel, inner),
        Text = $"{Text}\n{inside.Text}",
        DatapathActions = $"{DatapathActions}; {inside.DatapathActions}",
        Outputs = [.. Outputs.Where(output => !DatapathActions.Contains($"tnl_pop({output.Port})", StringComparison.Ordinal)), .. inside.Outputs],
        Reasons = [.. Reasons, .. inside.Reasons],
        Steps = [.. Steps, .. inside.Steps],
    };

    /// <summary>Returns <see cref="Text"/>.</summary>
    public override string ToString() => Text;

    /// <summary>Reads an answer of ofproto/trace --names. Lines it does not know are skipped.</summary>
    /// <param name="text">The answer.</param>
    /// <param name="length">The frame's length: a trace knows none, and tells what becomes of a frame that is larger than check_pkt_larger says, and of one
    /// that is not. Null keeps both.</param>
    internal static OvsTrace Parse(string text, int? length = null) => OvsTraceReader.Read(text, length);

    [GeneratedRegex(@"tnl_push\(.*?header\(size=(\d+)")]
    private static partial Regex TunnelPattern();
}

/// <summary>A port that sends the frame.</summary>
/// <param name="Port">The device's name.</param>
/// <param name="Vlan">The VLAN id of the outermost tag that the frame has as it leaves, or null if it has none.</param>
public sealed record OvsOutput(string Port, int? Vlan)
{
    /// <summary><c>v1</c>, or <c>v1 (VLAN 10)</c>.</summary>
    public override string ToString() => Vlan is null ? Port : $"{Port} (VLAN {Vlan})";
}

/// <summary>The reader of ofproto/trace's text (ofproto/ofproto-dpif-trace.c). Owns nothing; never throws on what Open vSwitch writes.</summary>
internal static partial class OvsTraceReader
{
    internal static Regex PassesOn => PassesOnPattern();

    /// <summary>Whether the frame goes on in another table after an action; what is left of it here ends, and that is no drop.</summary>
    internal static bool IsResumed(string action) => action.StartsWith("ct(", StringComparison.Ordinal) && action.Contains("table=", StringComparison.Ordinal);

    public static OvsTrace Read(string text, int? length)
    {
        var steps = new List<OvsTraceStep>();
        var reasons = new List<string>();
        var outputs = new List<OvsOutput>();
        var datapath = new List<string>();
        var bridges = new Stack<(string Name, int Level)>();
        var flows = new Stack<(int Indent, List<string> Actions, List<string> Remarks, List<string> Own)>(); // a table that another asked for stands further in
        var vlans = new Stack<int>();
        var bySize = new Stack<BranchBySize>();

        foreach (var line in text.Split('\n'))
        {
            var words = line.Trim();
            var indent = line.Length - line.TrimStart().Length;
            if (words.Length is 0 || words.All(c => c is '-') || words.All(c => c is '='))
            {
                continue;
            }

            if (indent is 0 && words.StartsWith("Flow: ", StringComparison.Ordinal))
            {
                vlans = VlansOf(words);
                bridges.Clear();
                flows.Clear();
                bySize.Clear();
            }
            else if (indent is 0 && words.StartsWith("Datapath actions: ", StringComparison.Ordinal))
            {
                datapath.Add(words["Datapath actions: ".Length..]);
                ReadActions(datapath[^1], vlans, outputs, length);
            }
            else if (words.StartsWith("Translation failed (", StringComparison.Ordinal))
            {
                reasons.Add(words);
            }
            else if (BridgePattern().Match(words) is { Success: true } bridge)
            {
                while (bridges.TryPeek(out var outer) && outer.Level > indent)
                {
                    bridges.Pop();
                }

                // How far in its tables stand shows at the first of them.
                bridges.Push((bridge.Groups[1].Value, -1));
                while (flows.TryPeek(out var asked) && asked.Indent > indent)
                {
                    flows.Pop();
                }
            }
            else if (bridges.Count is 0 || words.StartsWith("Final flow: ", StringComparison.Ordinal)
                || words.StartsWith("Megaflow: ", StringComparison.Ordinal))
            {
                continue;
            }
            else if (TablePattern().Match(words) is { Success: true } table)
            {
                // Table numbers are two wide. One that stands further left than those before it is back in the bridge that a patch port had left.
                var level = table.Groups[1].Length is 1 ? indent - 1 : indent;
                while (bridges.Count > 1 && bridges.Peek().Level > level)
                {
                    bridges.Pop();
                }

                if (bridges.Peek().Level < 0)
                {
                    bridges.Push((bridges.Pop().Name, level));
                }

                while (flows.TryPeek(out var asked) && asked.Indent > level)
                {
                    flows.Pop();
                }

                flows.Push((level + 4, [], [], []));
                if (!bySize.Any(b => b.IsNotTaken))
                {
                    steps.Add(StepOf(bridges.Peek().Name, table, flows.Peek()));
                }
            }
            else
            {
                while (flows.TryPeek(out var inner) && inner.Indent > indent)
                {
                    flows.Pop();
                }

                var asking = flows.TryPeek(out var flow) ? flow : (0, [], [], []);
                while (bySize.TryPeek(out var branch) && branch.Indent > indent)
                {
                    bySize.Pop();
                }

                if (bySize.TryPeek(out var open) && ReferenceEquals(open.Actions, asking.Item2))
                {
                    open.GoOn(words);
                }

                var isNotTaken = bySize.Any(b => b.IsNotTaken);
                if (words.StartsWith(">> suppressing side effects", StringComparison.Ordinal))
                {
                    asking.Remarks.Add(words[3..]); // that of the trace itself: the frame was learned from
                }
                else if (words.StartsWith(">> ", StringComparison.Ordinal) || words.StartsWith(">>>> ", StringComparison.Ordinal))
                {
                    var reason = words.TrimStart('>').TrimStart().Replace(" <<<<", "", StringComparison.Ordinal);
                    asking.Remarks.Add(reason);
                    reasons.AddRange(isNotTaken ? [] : [reason]);
                }
                else if (words.StartsWith("-> ", StringComparison.Ordinal))
                {
                    asking.Remarks.Add(words[3..]);
                }
                else
                {
                    asking.Actions.Add(words);
                    if (indent <= flow.Indent && !words.StartsWith("nat(", StringComparison.Ordinal) && !words.StartsWith("bucket ", StringComparison.Ordinal))
                    {
                        asking.Own.Add(words);
                    }

                    if (length is { } size && LargerPattern().Match(words) is { Success: true } larger)
                    {
                        bySize.Push(new BranchBySize(indent, asking.Item2, size > int.Parse(larger.Groups[1].Value, CultureInfo.InvariantCulture)));
                    }
                }
            }
        }

        return new OvsTrace
        {
            Text = text,
            DatapathActions = string.Join("; ", datapath),
            Outputs = outputs,
            Reasons = reasons,
            Steps = steps,
        };
    }

    private static OvsTraceStep StepOf(string bridge, Match line, (int Indent, List<string> Actions, List<string> Remarks, List<string> Own) answer)
    {
        var flow = FlowPattern().Match(line.Groups[2].Value);

        // Open vSwitch's own flows for what no flow of the bridge matches (ofproto-dpif.c, add_internal_flows).
        if (flow is { Success: true } && flow.Groups["priority"].Value == "0" && flow.Groups["match"].Value is "reg0=0x1" or "reg0=0x2")
        {
            flow = Match.Empty;
        }

        return new OvsTraceStep
        {
            Bridge = bridge,
            Table = int.Parse(line.Groups[1].Value, CultureInfo.InvariantCulture),
            Match = flow.Success ? flow.Groups["match"].Value : null,
            Priority = flow.Success ? int.Parse(flow.Groups["priority"].Value, CultureInfo.InvariantCulture) : null,
            Cookie = flow.Groups["cookie"].Success ? ulong.Parse(flow.Groups["cookie"].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture) : 0,
            Actions = answer.Actions,
            Remarks = answer.Remarks,
            Own = answer.Own,
        };
    }

    private static Stack<int> VlansOf(string flow)
    {
        var vlans = new Stack<int>();
        if (VlanPattern().Match(flow) is { Success: true } tag)
        {
            vlans.Push(int.Parse(tag.Groups[1].Value, CultureInfo.InvariantCulture));
        }

        return vlans;
    }

    // Datapath actions (lib/odp-util.c): a word without parentheses is a port, save for a few; some contain actions of their own.
    private static void ReadActions(string actions, Stack<int> vlans, List<OvsOutput> outputs, int? length)
    {
        foreach (var action in SplitAtTopLevel(actions))
        {
            var open = action.IndexOf('(', StringComparison.Ordinal);
            var name = open < 0 ? action : action[..open];
            var inside = open < 0 ? "" : action[(open + 1)..];
            inside = inside.EndsWith(')') ? inside[..^1] : inside;
            switch (name)
            {
                case "push_vlan":
                    vlans.Push(VidPattern().Match(inside) is { Success: true } pushed ? int.Parse(pushed.Groups[1].Value, CultureInfo.InvariantCulture) : 0);
                    break;
                case "pop_vlan":
                    vlans.TryPop(out _);
                    break;
                case "set" when VidPattern().Match(inside) is { Success: true } vid:
                    vlans.TryPop(out _);
                    vlans.Push(int.Parse(vid.Groups[1].Value, CultureInfo.InvariantCulture));
                    break;
                case "check_pkt_len" when length is { } size && SizePattern().Match(inside) is { Success: true } limit:
                    var taken = size > int.Parse(limit.Groups[1].Value, CultureInfo.InvariantCulture) ? "gt(" : "le(";
                    foreach (var branch in SplitAtTopLevel(inside).Where(b => b.StartsWith(taken, StringComparison.Ordinal)))
                    {
                        ReadActions(branch, vlans, outputs, length);
                    }

                    break;
                case "clone" or "actions" or "gt" or "le" or "sample" or "check_pkt_len":
                    // What happens to a copy leaves the frame itself as it was.
                    ReadActions(inside, new Stack<int>(vlans.Reverse()), outputs, length);
                    break;
                case "tnl_pop":
                    outputs.Add(new OvsOutput(inside, null));
                    break;
                case "drop" or "ct" or "ct_clear" or "pop_eth" or "":
                    break;
                default:
                    if (open < 0 && !action.Contains('=', StringComparison.Ordinal))
                    {
                        outputs.Add(new OvsOutput(action, vlans.TryPeek(out var vlan) ? vlan : null));
                    }

                    break;
            }
        }
    }

    private static IEnumerable<string> SplitAtTopLevel(string actions)
    {
        int depth = 0, start = 0;
        for (var i = 0; i < actions.Length; i++)
        {
            depth += actions[i] switch { '(' => 1, ')' => -1, _ => 0 };
            if (depth is 0 && actions[i] is ',')
            {
                yield return actions[start..i].Trim();
                start = i + 1;
            }
        }

        yield return actions[start..].Trim();
    }

    [GeneratedRegex("""^bridge\("(.+)"\)$""")]
    private static partial Regex BridgePattern();

    [GeneratedRegex(@"^(\d+)\. (.*)$")]
    private static partial Regex TablePattern();

    [GeneratedRegex(@"^(?:(?<match>.*), )?priority (?<priority>\d+)(?:, cookie 0x(?<cookie>[0-9a-f]+))?$")]
    private static partial Regex FlowPattern();

    [GeneratedRegex(@"^check_pkt_larger\((\d+)\)")]
    private static partial Regex LargerPattern();

    [GeneratedRegex(@"^size=(\d+)")]
    private static partial Regex SizePattern();

    [GeneratedRegex(@"\bdl_vlan=(\d+)")]
    private static partial Regex VlanPattern();

    [GeneratedRegex(@"\bvid=(\d+)")]
    private static partial Regex VidPattern();

    [GeneratedRegex(@"^(resubmit|goto_table|load|set_|mod_|move|push|pop|strip_vlan|dec_ttl|note|write_metadata|write_actions|ct_clear|"
        + "learn|conjunction|meter|clear_actions|multipath|stack_|check_pkt_larger|Resuming)")]
    private static partial Regex PassesOnPattern();

    // The actions behind check_pkt_larger stand in a trace twice: for a frame that is larger, and then for one that is not.
    private sealed class BranchBySize(int indent, List<string> actions, bool isLarger)
    {
        private string? _first;
        private bool _isSecond;

        public int Indent => indent;

        /// <summary>The actions of the flow that asks for the size.</summary>
        public List<string> Actions => actions;

        public bool IsNotTaken => _isSecond == isLarger;

        public void GoOn(string action)
        {
            _isSecond |= action == _first;
            _first ??= action;
        }
    }
}
