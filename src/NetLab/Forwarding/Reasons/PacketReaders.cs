using System.Globalization;

namespace NetLab;

/// <summary>Programs that read frames of a node by packet sockets of their own (packet(7)), as <c>/proc/net/packet</c> shows them.</summary>
internal static class PacketReaders
{
    private const string Unnamed = "a program that only the capability SYS_PTRACE would name";

    /// <summary>The programs that read what comes in at a device, this process left out: <c>tcpdump (4711)</c>.</summary>
    /// <param name="node">The node.</param>
    /// <param name="index">The device's number.</param>
    /// <param name="etherType">The frame's EtherType.</param>
    public static IReadOnlyList<string> At(Node node, int index, ushort etherType)
    {
        var sockets = SocketsAt(node, index, etherType);
        sockets.ExceptWith(SocketsOf("self") ?? []);
        if (sockets.Count == 0)
        {
            return [];
        }

        var readers = new List<string>();
        var unnamed = sockets.ToHashSet();
        var isHidden = false;
        foreach (var process in Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).OfType<string>()
            .Where(p => char.IsAsciiDigit(p[0]) && p != $"{Environment.ProcessId}"))
        {
            if (SocketsOf(process) is not { } own)
            {
                isHidden = true;
            }
            else if (own.Overlaps(sockets))
            {
                readers.Add(Named(process));
                unnamed.ExceptWith(own);
            }
        }

        // What has been closed meanwhile is nobody's.
        return isHidden && unnamed.Overlaps(SocketsAt(node, index, etherType)) ? [.. readers, Unnamed] : readers;
    }

    /// <inheritdoc cref="Told(Node, string, ushort, IReadOnlyList{string}, Evidence[])"/>
    public static Reason Told(DropPlace place, IReadOnlyList<string> readers) => Told(place.Node, place.Device, place.EtherType, readers);

    /// <summary>That only programs have read it, by packet sockets.</summary>
    public static Reason Told(Node node, string device, ushort etherType, IReadOnlyList<string> readers, params Evidence[] evidence) =>
        new(Causes.PacketSocket, node, device,
            $"No protocol of {node.Name} takes the frame at {device}, of EtherType 0x{etherType:x4}; a program read it by a packet "
                + $"socket{(readers.Count == 0 ? "" : $": {string.Join(", ", readers)}")}. What that did with it is not seen.",
            [.. evidence, .. readers.Select(r => Evidence.Socket($"{r} has a packet socket that takes what comes in at {device}."))]);

    private static HashSet<string> SocketsAt(Node node, int index, ushort etherType)
    {
        const int ProtocolAt = 3, DeviceAt = 4, InodeAt = 8, ETH_P_ALL = 3;
        using var reader = new StreamReader(new FileStream(node.Live.Namespace.OpenFile("/proc/thread-self/net/packet", 0), FileAccess.Read));
        return reader.ReadToEnd().Split('\n').Skip(1).Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(w => w.Length > InodeAt)
            .Where(w => (w[DeviceAt] == "0" || w[DeviceAt] == $"{index}")
                && int.Parse(w[ProtocolAt], NumberStyles.HexNumber, CultureInfo.InvariantCulture) is var protocol
                && (protocol == ETH_P_ALL || protocol == etherType))
            .Select(w => $"socket:[{w[InodeAt]}]").ToHashSet();
    }

    // Null where they are not shown: /proc/PID/fd is for who may trace the process (proc(5)).
    private static HashSet<string>? SocketsOf(string process)
    {
        try
        {
            return Directory.EnumerateFiles($"/proc/{process}/fd").Select(TargetOf).OfType<string>()
                .Where(n => n.StartsWith("socket:", StringComparison.Ordinal)).ToHashSet();
        }
        catch (IOException)
        {
            return []; // it has ended
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string? TargetOf(string link)
    {
        try
        {
            return File.ResolveLinkTarget(link, false)?.Name;
        }
        catch (FileNotFoundException)
        {
            return null; // closed meanwhile
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
