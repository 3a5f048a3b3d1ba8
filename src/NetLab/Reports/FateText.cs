using System.Text;
using NetLab.Linux;
using NetLab.Packets;

namespace NetLab;

/// <summary>A verdict in words: the headline, the way with a line for each hop, why it ended, what to do, and what shows it.</summary>
internal static class FateText
{
    public static string Of(FateVerdict verdict)
    {
        var text = new StringBuilder(Headline(verdict)).AppendLine().AppendLine();
        Leg(verdict, text);
        Reason(verdict.Why, text);
        Rest([verdict], text);
        return PlainText.Lines(text.Append($"Followed by: {verdict.Fate.Level}").ToString());
    }

    /// <summary>One frame, and its way with a line for each hop.</summary>
    public static void Leg(FateVerdict verdict, StringBuilder text)
    {
        var fate = verdict.Fate;
        text.AppendLine($"  {fate.From} -> {verdict.Receiver}   {fate.FrameText}   {fate.Frame.Length} bytes").AppendLine();
        Way(verdict, text);
    }

    /// <summary>Why, what to do, and what shows it.</summary>
    public static void Reason(Reason? why, StringBuilder text)
    {
        if (why is null)
        {
            return;
        }

        text.AppendLine().AppendLine($"Why: {why.Sentence}");
        if (why.Remedy is not null)
        {
            text.AppendLine($"Fix: {why.Remedy}");
        }

        for (var i = 0; i < why.Evidence.Count; i++)
        {
            text.Append(i == 0 ? "Evidence: " : "          ").Append(why.Evidence[i]).AppendLine();
        }
    }

    /// <summary>The copies that went elsewhere, and what was not seen.</summary>
    public static void Rest(IEnumerable<FateVerdict> verdicts, StringBuilder text)
    {
        var label = "Also: ";
        foreach (var other in verdicts.SelectMany(v => v.Others.Select(c => OtherCopy(c, v.Fate.From))))
        {
            text.AppendLine(label + other);
            label = "      ";
        }

        if (verdicts.Max(v => v.Fate.LostEvents) is > 0 and var lost)
        {
            text.AppendLine($"Note: {lost} records of what was seen found no room: a reason may be missing");
        }
    }

    public static string Headline(FateVerdict verdict)
    {
        string receiver = verdict.Receiver + verdict.Place, sender = verdict.Fate.From;
        return verdict switch
        {
            { Reached: true, Copy: { } copy } =>
                $"{receiver} receives the frame from {sender}: {copy.Hops.Count} hops, {copy.Latency.TotalMicroseconds:0} µs.",
            { Fate.Refusal: { } refusal } when verdict.Fate.Sender is not null || verdict.Why is null =>
                $"{receiver} does not receive the frame from {sender}: {refusal}.",
            { Copy.MayHaveReached: { } node } when node.Name == verdict.Receiver =>
                $"Whether {receiver} receives the frame from {sender} is not known: it came to the stack of {node.Name}, and what that does is not seen.",
            { Copy: null } => $"{receiver} does not receive the frame from {sender}: no device of any node saw it.",
            { Why: { } why, Copy.End: CopyEnd.NotForwarded } =>
                $"{receiver} does not receive the frame from {sender}. Nothing dropped it: it was not sent on at {why.Place}.",
            { Why: { } why, Copy: { End: CopyEnd.Dropped, Hops.Count: 0 }, Fate.Sender: null } =>
                $"{receiver} does not receive the frame from {sender}: {why.Node.Name} does not send it.",
            { Why: { } why, Copy.End: CopyEnd.Dropped } => $"{receiver} does not receive the frame from {sender}: it was dropped at {why.Place}.",
            { Why: { } why, Copy.End: CopyEnd.Pending } => $"{receiver} does not receive the frame from {sender} yet: it waits at {why.Place}.",
            { Why: { } why } => $"{receiver} does not receive the frame from {sender}: it went as far as {why.Place}.",
            { Hops: [.., var last] } => $"{receiver} does not receive the frame from {sender}: it was last seen " +
                $"{(last.Direction == HopDirection.In ? "coming in at" : "going out of")} {last.Node.Name}/{last.Device}.",
            _ => $"{receiver} does not receive the frame from {sender}.",
        };
    }

    /// <summary>How one copy went and ended, in a line; its reason is cut to its sentence.</summary>
    public static string OtherCopy(FrameCopy copy, string sender)
    {
        var line = copy.Describe(sender).ReplaceLineEndings("\n").Split('\n')[0];
        return copy.Reason is { } reason ? $"{line}: {reason.Sentence}" : line;
    }

    private static void Way(FateVerdict verdict, StringBuilder text)
    {
        var rows = new List<(string Node, string Device, string What)>();
        for (var i = 0; i < verdict.Hops.Count; i++)
        {
            var hop = verdict.Hops[i];
            var changes = i == 0 ? "" : string.Concat(HopChanges.Between(verdict.Hops[i - 1], hop).Select(change => $", now {change}"));
            rows.Add((hop.Node.Name, hop.Device, What(hop, changes)));
            if (hop.Enters is { } bridge && Sent(verdict, i, bridge) is { Count: > 0 } ports)
            {
                rows.Add((hop.Node.Name, bridge.Name, Forwarding(bridge, ports, hop.Frame ?? verdict.Fate.Frame)));
            }
        }

        if (End(verdict) is { } end)
        {
            rows.Add(end);
        }

        int node = rows.Max(r => (int?)r.Node.Length) ?? 0, device = rows.Max(r => (int?)r.Device.Length) ?? 0;
        foreach (var row in rows)
        {
            text.AppendLine($"  {row.Node.PadRight(node)}  {row.Device.PadRight(device)}  {row.What}".TrimEnd());
        }
    }

    private static string What(Hop hop, string changes)
    {
        var tag = (hop.Vlan is { } vlan ? $", tagged VLAN {vlan}" : "") + (hop.InTunnel ? ", in a tunnel" : "") + changes;
        return (hop.Direction, hop.LabDevice) switch
        {
            (HopDirection.In, { OvsPort: { } port }) => $"in{tag}{Port(port)}",
            (HopDirection.In, _) => $"in{tag}",
            (_, { OtherEnd: { } other }) => $"out{tag}      -> {other.Node.Name} {other.Name}",
            (_, { Guest: { } vm }) => $"out{tag}      -> {vm.Name}",
            _ => $"out{tag}",
        };
    }

    private static string Port(OvsPort port) => port switch
    {
        { Tag: { } tag } => $"      access port of VLAN {tag}",
        { Trunks: { Count: > 0 } trunks } => $"      trunk of VLAN {string.Join(", ", trunks)}",
        _ => "",
    };

    // Where the switch sent what came in here: the next hops of all copies that came this way, and where one of them ended on its way out.
    private static List<string> Sent(FateVerdict verdict, int at, Switch bridge)
    {
        var into = verdict.Hops[at];
        var ports = new Dictionary<string, string>();
        foreach (var copy in verdict.Fate.Copies.Where(c => FateHops.SameUpTo(c, verdict.Copy!, at)))
        {
            if (at + 1 < copy.Hops.Count && copy.Hops[at + 1] is { LabDevice: { } next, SwitchNow: { } other } && bridge.PassesTo(other))
            {
                ports.TryAdd(next.Name, next.Name + ByWayOf([.. copy.Hops[at + 1].Between(into), .. bridge == other ? Array.Empty<Switch>() : [other]]));
            }
            else if (at == copy.Hops.Count - 1 && copy is { End: CopyEnd.Dropped, Reason: { } reason } && reason.Device != into.Device
                && reason.Cause != Causes.NotAPort && bridge.Ports.Any(p => p.Name == reason.Device))
            {
                ports.TryAdd(reason.Device, reason.Device);
            }
        }

        // Internal ports may stand in other nodes.
        return [.. into.Node.Devices.Concat(into.Node.Lab.Nodes.SelectMany(n => n.Devices)).Select(d => d.Name).Distinct().Where(ports.ContainsKey)
            .Select(port => ports[port])];
    }

    // Bridges that patch ports and tunnels led it through.
    private static string ByWayOf(IReadOnlyList<Switch> bridges) =>
        bridges.Count == 0 ? "" : $" by way of {string.Join(" and ", bridges.Select(bridge => bridge.Name))}";

    private static string Forwarding(Switch bridge, List<string> ports, Frame frame)
    {
        var to = string.Join(", ", ports);
        var isGroup = frame.Destination.IsMulticast;
        var isKnown = IsInFdb(bridge, frame);
        return isKnown is null ? $"sends it to {to}"
            : !isGroup && isKnown == false ? $"floods it to {to}   ({frame.Destination} is not in its FDB)"
            : isGroup || ports.Count > 1 ? $"floods it to {to}"
            : $"forwards it to {to}";
    }

    private static bool? IsInFdb(Switch bridge, Frame frame)
    {
        try
        {
            return bridge.HasInFdb(frame.Destination);
        }
        catch (Exception gone) when (gone is LinuxException or ObjectDisposedException or InvalidOperationException)
        {
            return true; // then nothing is claimed
        }
    }

    private static (string Node, string Device, string What)? End(FateVerdict verdict)
    {
        if (verdict.Missing is { } missing)
        {
            return (missing.Node.Name, missing.Name, "X never sent");
        }

        return verdict.Copy switch
        {
            { Vm: { } vm } => (vm.Node.Name, vm.Name, "received it"),
            { Node: { } node } => (node.Name, "", "took it"),
            { MayHaveReached: { } node } => (node.Name, "", "whether its stack took it is not known"),
            { Reason: { } reason, End: var end } => (reason.Node.Name, DeviceOf(reason), Word(end, reason)),
            { Hops: [.., var last] } => (last.Node.Name, last.Device, "X last seen here"),
            _ => null,
        };
    }

    private static string DeviceOf(Reason reason) => IsOvs(reason) && reason.Node.FindDevice(reason.Device)?.Switch is { } bridge ? bridge.Name : reason.Device;

    private static string Word(CopyEnd end, Reason reason) => end switch
    {
        CopyEnd.Dropped when IsOvs(reason) => "X DROPPED   inside Open vSwitch",
        CopyEnd.Dropped => $"X DROPPED   ({reason.Cause})",
        CopyEnd.NotForwarded => $"X never sent   ({reason.Cause})",
        CopyEnd.Pending => $"WAITS   ({reason.Cause})",
        CopyEnd.Consumed => $"used up   ({reason.Cause})",
        _ => $"X {reason.Cause}",
    };

    private static bool IsOvs(Reason reason) => reason.Cause.Group == Causes.Ovs.Group;
}
