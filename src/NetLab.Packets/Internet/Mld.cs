using static System.Buffers.Binary.BinaryPrimitives;

namespace NetLab.Packets;

// Multicast listener discovery, in ICMPv6 (MLDv1 RFC 2710, MLDv2 RFC 3810):
//
//    130 131 132:  | maximum response (2) | reserved (2) | group (16) |
//    130 of v2:    … | resv S QRV | QQIC | sources (2) | source (16) … |
//    143:          | reserved (2) | records (2) | record … |
//    record:       | type | auxiliary data in 4 B | sources (2) | group (16) | source (16) … | auxiliary data |

/// <summary>A group in an MLDv2 report.</summary>
/// <param name="Type">What is said about it.</param>
/// <param name="Group">The group.</param>
/// <param name="Sources">Sources.</param>
public sealed record MldRecord(MulticastRecordType Type, Ipv6Address Group, params IReadOnlyList<Ipv6Address> Sources);

/// <summary>A message of multicast listener discovery.</summary>
public sealed record MldMessage
{
    /// <summary>Query, report, done, or report of version 2.</summary>
    public required Icmpv6Type Type { get; init; }

    /// <summary>The group; "::" in a general query and in a report of version 2.</summary>
    public Ipv6Address Group { get; init; }

    /// <summary>Milliseconds within which listeners answer, as the field's code.</summary>
    public ushort MaximumResponseCode { get; init; }

    /// <summary>The query is of version 2 and has the fields below.</summary>
    public bool IsVersion2Query { get; init; }

    /// <summary>S: routers do not take this query as a reason to forget.</summary>
    public bool SuppressRouterProcessing { get; init; }

    /// <summary>The querier's robustness, 0 to 7.</summary>
    public byte Robustness { get; init; }

    /// <summary>Seconds between queries, as the field's code.</summary>
    public byte QueryIntervalCode { get; init; }

    /// <summary>Sources that a query of version 2 asks about.</summary>
    public IReadOnlyList<Ipv6Address> Sources { get; init; } = [];

    /// <summary>Records of a report of version 2.</summary>
    public IReadOnlyList<MldRecord> Records { get; init; } = [];

    /// <summary>Reads an ICMPv6 message.</summary>
    /// <param name="message">The message from its type on.</param>
    /// <param name="result">What it says when this returns true.</param>
    /// <returns>False when it is something else or cut.</returns>
    public static bool TryParse(ReadOnlySpan<byte> message, out MldMessage? result) => TryParse(message, out result, out _);

    /// <inheritdoc cref="TryParse(ReadOnlySpan{byte}, out MldMessage?)"/>
    /// <param name="message">The message from its type on.</param>
    /// <param name="result">What it says when this returns true.</param>
    /// <param name="defect">Why this returns false.</param>
    public static bool TryParse(ReadOnlySpan<byte> message, out MldMessage? result, out Defect defect)
    {
        result = null;
        defect = default;
        if (message.Length > 0 && !IsMld((Icmpv6Type)message[0]))
        {
            defect = Defect.Malformed("not an MLD message");
            return false;
        }

        if (message.Length < 8)
        {
            defect = Defect.Truncated("MLD message");
            return false;
        }

        var type = (Icmpv6Type)message[0];
        if (type == Icmpv6Type.MulticastListenerReport2)
        {
            if (TryReadRecords(message[8..], ReadUInt16BigEndian(message[6..]), out var records))
            {
                result = new MldMessage { Type = type, Records = records };
                return true;
            }

            defect = Defect.Truncated("MLDv2 record");
            return false;
        }

        var isVersion2 = type == Icmpv6Type.MulticastListenerQuery && message.Length >= 28;
        IReadOnlyList<Ipv6Address> sources = [];
        if (message.Length < 24 || (isVersion2 && !TryReadSources(message[28..], ReadUInt16BigEndian(message[26..]), out sources)))
        {
            defect = Defect.Truncated("MLD message");
            return false;
        }

        result = new MldMessage
        {
            Type = type,
            MaximumResponseCode = ReadUInt16BigEndian(message[4..]),
            Group = Ipv6Address.Read(message[8..]),
            IsVersion2Query = isVersion2,
            SuppressRouterProcessing = isVersion2 && (message[24] & 8) != 0,
            Robustness = isVersion2 ? (byte)(message[24] & 7) : (byte)0,
            QueryIntervalCode = isVersion2 ? message[25] : (byte)0,
            Sources = sources,
        };
        return true;
    }

    /// <summary>The ICMPv6 message, to be sent with a hop limit of 1 and a router alert in hop-by-hop options.</summary>
    public Icmpv6Message ToMessage()
    {
        var b = new ByteBuilder();
        if (Type == Icmpv6Type.MulticastListenerReport2)
        {
            foreach (var record in Records)
            {
                b.U8((int)record.Type).U8(0).U16(record.Sources.Count).Ip(record.Group);
                foreach (var source in record.Sources)
                {
                    b.Ip(source);
                }
            }

            return new Icmpv6Message { Type = Type, RestOfHeader = (uint)Records.Count, Payload = b.ToArray() };
        }

        b.Ip(Group);
        if (IsVersion2Query)
        {
            b.U8((SuppressRouterProcessing ? 8 : 0) | (Robustness & 7)).U8(QueryIntervalCode).U16(Sources.Count);
            foreach (var source in Sources)
            {
                b.Ip(source);
            }
        }

        return new Icmpv6Message { Type = Type, RestOfHeader = (uint)MaximumResponseCode << 16, Payload = b.ToArray() };
    }

    /// <returns>False when the message is not one of MLD.</returns>
    internal static bool Describe(Layer layer, ReadOnlySpan<byte> bytes)
    {
        if (!IsMld((Icmpv6Type)bytes[0]))
        {
            return false;
        }

        if (!TryParse(bytes, out var message, out var defect))
        {
            layer.Defect = defect;
            return false;
        }

        var m = message!;
        if (m.Type == Icmpv6Type.MulticastListenerReport2)
        {
            layer.Summary = $"MLDv2 report {string.Join(", ", m.Records.Select(r => $"{r.Type} {r.Group}"))}".TrimEnd();
            layer.Add("Records", 6, 2, m.Records.Count);
            var at = 8;
            foreach (var record in m.Records)
            {
                var length = 20 + (bytes[at + 1] * 4) + (record.Sources.Count * 16);
                var field = layer.Add("Record", at, length, record.Group.ToString());
                field.Child("Record type", 0, 1, (byte)record.Type, record.Type.ToString());
                AddSources(field, 20, record.Sources);
                at += length;
            }

            return true;
        }

        layer.Summary = m.Type switch
        {
            Icmpv6Type.MulticastListenerQuery => $"MLD{(m.IsVersion2Query ? "v2" : "")} query{(m.Group.IsAny ? "" : $" {m.Group}")}",
            Icmpv6Type.MulticastListenerReport => $"MLD report {m.Group}",
            _ => $"MLD done {m.Group}",
        };
        layer.Add("Maximum response code", 4, 2, m.MaximumResponseCode,
            $"{(m.IsVersion2Query ? MulticastTime.Of16(m.MaximumResponseCode) : m.MaximumResponseCode)} ms");
        layer.Add("Group", 8, 16, m.Group);
        if (m.IsVersion2Query)
        {
            layer.Add("Suppress router processing", 24, 1, m.SuppressRouterProcessing);
            layer.Add("Robustness", 24, 1, m.Robustness);
            layer.Add("Query interval code", 25, 1, m.QueryIntervalCode, $"{MulticastTime.Of8(m.QueryIntervalCode)} s");
            AddSources(layer.Add("Sources", 26, 2 + (16 * m.Sources.Count), m.Sources.Count), 2, m.Sources);
        }

        return true;
    }

    private static bool IsMld(Icmpv6Type type) => type is Icmpv6Type.MulticastListenerQuery or Icmpv6Type.MulticastListenerReport
        or Icmpv6Type.MulticastListenerDone or Icmpv6Type.MulticastListenerReport2;

    private static void AddSources(Field field, int at, IReadOnlyList<Ipv6Address> sources)
    {
        for (var i = 0; i < sources.Count; i++)
        {
            field.Child("Source", at + (i * 16), 16, sources[i]);
        }
    }

    private static bool TryReadSources(ReadOnlySpan<byte> bytes, int count, out IReadOnlyList<Ipv6Address> sources)
    {
        sources = [];
        if (bytes.Length < count * Ipv6Address.Size)
        {
            return false;
        }

        var list = new Ipv6Address[count];
        for (var i = 0; i < count; i++)
        {
            list[i] = Ipv6Address.Read(bytes[(i * Ipv6Address.Size)..]);
        }

        sources = list;
        return true;
    }

    private static bool TryReadRecords(ReadOnlySpan<byte> bytes, int count, out List<MldRecord> records)
    {
        records = [];
        while (count-- > 0)
        {
            if (bytes.Length < 20 || !TryReadSources(bytes[20..], ReadUInt16BigEndian(bytes[2..]), out var sources))
            {
                return false;
            }

            var length = 20 + (sources.Count * Ipv6Address.Size) + (bytes[1] * 4);
            if (bytes.Length < length)
            {
                return false;
            }

            records.Add(new MldRecord((MulticastRecordType)bytes[0], Ipv6Address.Read(bytes[4..]), sources));
            bytes = bytes[length..];
        }

        return true;
    }
}
