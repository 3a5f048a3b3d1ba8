using System.Globalization;
using NetLab.Linux.Bpf;

namespace NetLab.Linux.Tests.Bpf;

/// <summary>
/// Events as lines of text, so that what a kernel once recorded can be kept in a test:
/// <c>time kind namespace/device/index skb head length networkOffset protocol ingress [word=value …] bytes</c>, where the bytes are
/// <c>=</c> when they are those of the line before.
/// </summary>
internal static class TraceText
{
    public static IReadOnlyList<TraceEvent> Read(string text)
    {
        var events = new List<TraceEvent>();
        byte[] last = [];
        foreach (var line in text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var words = line.Split(' ');
            var place = words[2].Split('/');
            last = words[^1] == "=" ? last : Convert.FromHexString(words[^1]);
            var kind = Enum.Parse<TraceEventKind>(words[1]);
            var e = new TraceEvent
            {
                Timestamp = long.Parse(words[0], CultureInfo.InvariantCulture),
                Kind = kind,
                Namespace = place[0][0],
                DeviceName = place[1],
                InterfaceIndex = int.Parse(place[2], CultureInfo.InvariantCulture),
                SkbAddress = Convert.ToUInt64(words[3], 16),
                HeadAddress = Convert.ToUInt64(words[4], 16),
                Length = int.Parse(words[5], CultureInfo.InvariantCulture),
                NetworkOffset = int.Parse(words[6], CultureInfo.InvariantCulture),
                StartsWithEthernet = true,
                Protocol = Convert.ToUInt16(words[7], 16),
                IngressInterfaceIndex = int.Parse(words[8], CultureInfo.InvariantCulture),
                Bytes = kind is TraceEventKind.FibTableLookup or TraceEventKind.SkDataReady or TraceEventKind.NetDevXmit ? default : last,
            };
            foreach (var pair in words[9..^1].Select(w => w.Split('=')))
            {
                e = pair[0] switch
                {
                    "reason" => e with { ReasonName = pair[1] },
                    "in" => e with { Location = pair[1] },
                    "icmp" => e with { IcmpType = int.Parse(pair[1], CultureInfo.InvariantCulture) },
                    "socket" => e with { SocketProtocol = 17, SocketPort = int.Parse(pair[1], CultureInfo.InvariantCulture) },
                    "rc" => e with { TransmitResult = int.Parse(pair[1], CultureInfo.InvariantCulture) },
                    "network" => e with { StartsWithEthernet = false },
                    _ => throw new FormatException(line),
                };
            }

            events.Add(e);
        }

        return events;
    }

    /// <summary>The text of events that were just recorded, to be kept.</summary>
    public static string Write(IEnumerable<TraceEvent> events, Func<ulong, char> nameOf)
    {
        var lines = new List<string>();
        byte[] last = [];
        long? start = null;
        foreach (var e in events.OrderBy(e => e.Timestamp))
        {
            start ??= e.Timestamp;
            var extra = e.Kind switch
            {
                TraceEventKind.KfreeSkb => $" reason={e.ReasonName} in={e.Location}",
                TraceEventKind.ConsumeSkb => $" in={e.Location}",
                TraceEventKind.IcmpSend => $" icmp={e.IcmpType}",
                TraceEventKind.SkDataReady => $" socket={e.SocketPort}",
                TraceEventKind.NetDevXmit => $" rc={e.TransmitResult}",
                _ => "",
            };
            if (e.Bytes.Length > 0 && !e.StartsWithEthernet)
            {
                extra += " network";
            }

            var bytes = e.Bytes.Length == 0 || e.Bytes.Span.SequenceEqual(last) ? "=" : Convert.ToHexStringLower(e.Bytes.Span);
            last = e.Bytes.Length == 0 ? last : e.Bytes.ToArray();
            lines.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"{e.Timestamp - start} {e.Kind} {nameOf(e.Namespace)}/{e.DeviceName}/{e.InterfaceIndex} {e.SkbAddress & 0xFFFFFFFF:x} " +
                    $"{e.HeadAddress & 0xFFFFFFFF:x} {e.Length} {e.NetworkOffset} {e.Protocol:x} {e.IngressInterfaceIndex}{extra} {bytes}"));
        }

        return string.Join('\n', lines);
    }
}
