using System.Globalization;

namespace NetLab;

/// <summary>Programs that read frames of a node by packet sockets of their own (packet(7)), as <c>/proc/net/packet</c> shows them.</summary>
internal static class PacketReaders
{
    /// <summary>The programs that read what comes in at a device, this process left out: <c>tcpdump (4711)</c>.</summary>
    /// <param name="node">The node.</param>
    /// <param name="index">The device's number.</param>
    /// <param name="etherType">The frame's EtherType.</param>
    public static IReadOnlyList<string> At(Node node, int index, ushort etherType)
    {
        const int ProtocolAt = 3, DeviceAt = 4, InodeAt = 8, ETH_P_ALL = 3;
        using var reader = new StreamReader(new FileStream(node.Live.Namespace.OpenFile("/proc/thread-self/net/packet", 0), FileAccess.Read));
        var inodes = reader.ReadToEnd().Split('\n').Skip(1).Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(w => w.Length > InodeAt)
            .Where(w => (w[DeviceAt] == "0" || w[DeviceAt] == $"{index}")
                && int.Parse(w[ProtocolAt], NumberStyles.HexNumber, CultureInfo.InvariantCulture) is var protocol
                && (protocol == ETH_P_ALL || protocol == etherType))
            .Select(w => $"socket:[{w[InodeAt]}]").ToHashSet();
        return inodes.Count == 0 ? [] : [.. Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).OfType<string>()
            .Where(p => char.IsAsciiDigit(p[0]) && p != $"{Environment.ProcessId}" && Holds(p, inodes)).Select(Named)];
    }

    /// <inheritdoc cref="Told(Node, string, ushort, IReadOnlyList{string}, Evidence[])"/>
    public static Reason Told(DropPlace place, IReadOnlyList<string> readers) => Told(place.Node, place.Device, place.EtherType, readers);

    /// <summary>That only programs have read it, by packet sockets.</summary>
    public static Reason Told(Node node, string device, ushort etherType, IReadOnlyList<string> readers, params Evidence[] evidence) =>
        new(Causes.PacketSocket, node, device,
            $"No protocol of {node.Name} takes the frame at {device}, of EtherType 0x{etherType:x4}; a program read it by a packet "
                + $"socket{(readers.Count == 0 ? "" : $": {string.Join(", ", readers)}")}. What that did with it is not seen.",
            [.. evidence, .. readers.Select(r => Evidence.Socket($"{r} has a packet socket that takes what comes in at {device}."))]);

    private static bool Holds(string process, HashSet<string> inodes)
    {
        try
        {
            return Directory.EnumerateFiles($"/proc/{process}/fd").Any(f => File.ResolveLinkTarget(f, false) is { } target && inodes.Contains(target.Name));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // it has ended, or is somebody else's
        }
    }

    private static string Named(string process)
    {
        try
        {
            return $"{File.ReadAllText($"/proc/{process}/comm").Trim()} ({process})";
        }
        catch (IOException)
        {
            return process;
        }
    }
}
