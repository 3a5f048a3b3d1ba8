using NetLab.Linux;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// Fates as a pcapng file: an interface for each device that a frame crossed, named node/device; a packet for each hop, with its direction
/// and time; where a copy ended, how and why, as a comment on the packet; and all of it in words, as a comment on the file.
/// </summary>
public static class FatePcapng
{
    /// <summary>Writes fates into a file; an older one is replaced.</summary>
    /// <param name="path">The file.</param>
    /// <param name="fates">The fates; packets are written in the order of their times.</param>
    /// <param name="verdict">What one of them means for a receiver; where the copy for the receiver never came to be, the reason is written
    /// on the last hop of the way there.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, IReadOnlyList<Fate> fates, FateVerdict? verdict = null)
    {
        ArgumentNullException.ThrowIfNull(fates);
        Write(NewFile.Create(path), fates, verdict);
    }

    /// <summary>Writes fates into a file that has been opened, and closes it.</summary>
    internal static void Write(Stream file, IReadOnlyList<Fate> fates, FateVerdict? verdict)
    {
        var summary = verdict?.Describe() ?? string.Join(Environment.NewLine, fates.Select(f => f.Describe()));
        using var writer = new PcapngWriter(file, comment: summary);
        Write(writer, fates, verdict);
    }

    /// <summary>Writes fates into a file that has been begun, after its other interfaces and packets.</summary>
    internal static void Write(PcapngWriter writer, IReadOnlyList<Fate> fates, FateVerdict? verdict)
    {
        List<(Fate Fate, Hop Hop, IReadOnlyList<FrameCopy> Ended)> steps =
            [.. fates.SelectMany(fate => FateHops.Of(fate).Select(step => (fate, step.Hop, step.Ended))).OrderBy(step => TimeOf(step.fate, step.Hop))];

        var interfaces = new Dictionary<(Node, string), int>();
        foreach (var hop in steps.Select(s => s.Hop).OrderBy(h => h.Node.Lab.Nodes.ToList().IndexOf(h.Node))
            .ThenBy(h => h.LabDevice is { } d ? h.Node.Devices.ToList().IndexOf(d) : int.MaxValue))
        {
            if (!interfaces.ContainsKey((hop.Node, hop.Device)))
            {
                interfaces[(hop.Node, hop.Device)] = writer.AddInterface($"{hop.Node.Name}/{hop.Device}", Description(hop.LabDevice), mac: hop.LabDevice?.Mac);
            }
        }

        foreach ((var fate, var hop, var ended) in steps)
        {
            var frame = hop.Frame ?? fate.Frame;
            List<string> comments = [.. ended.Select(EndOf)];
            if (verdict is { Reached: false, Copy: { Hops: [.., var last] } missing } && ReferenceEquals(fate, verdict.Fate)
                && !fate.Copies.Contains(missing) && hop == last)
            {
                comments.Add(EndOf(missing));
            }

            writer.WritePacket(interfaces[(hop.Node, hop.Device)], TimeOf(fate, hop), frame.Bytes.Span[..Math.Min(hop.Known ?? frame.Length, frame.Length)],
                hop.Direction == HopDirection.In ? CaptureDirection.Inbound : CaptureDirection.Outbound, comments.Count == 0 ? null
                    : string.Join('\n', comments), hop.Length);
        }
    }

    private static long TimeOf(Fate fate, Hop hop) => (fate.SentAt + hop.At - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;

    private static string? Description(Device? device) =>
        device is null ? null : $"{device.Kind}{(KernelState.SwitchOf(device) is { } bridge ? $", port of {bridge.Name}" : "")}" +
            $"{(device.Guest is { } vm ? $", of VM {vm.Name}" : "")}";

    private static string EndOf(FrameCopy copy) => copy switch
    {
        { Vm: { } vm } => $"DELIVERED to VM {vm.Name}",
        { Node: { } node } => $"DELIVERED to node {node.Name}",
        { End: CopyEnd.Left } => "LEFT: what is behind this device is not watched",
        { Reason: { } reason } => $"{Words(copy.End)} at {reason.Place}\n{reason.Describe()}",
        _ => $"{Words(copy.End)}: it went on from here to nobody",
    };

    private static string Words(CopyEnd end) => end is CopyEnd.NotForwarded ? "NOT FORWARDED" : end.ToString().ToUpperInvariant();
}
