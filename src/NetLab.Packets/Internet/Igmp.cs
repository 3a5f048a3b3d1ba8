using static System.Buffers.Binary.BinaryPrimitives;

namespace NetLab.Packets;

// IGMP (v1 RFC 1112, v2 RFC 2236, v3 RFC 3376):
//
//    | type | maximum response | checksum (2) | group (4) |
//    query of v3:   … | resv S QRV | QQIC | sources (2) | source (4) … |
//    report of v3:  | 0x22 | 0 | checksum (2) | 0 (2) | records (2) | record … |
//    record:        | type | auxiliary data in 4 B | sources (2) | group (4) | source (4) … | auxiliary data |

/// <summary>Types of IGMP messages.</summary>
public enum IgmpType : byte
{
    /// <summary>Who listens?</summary>
    Query = 0x11,

    /// <summary>I listen. (version 1)</summary>
    Report1 = 0x12,

    /// <summary>I listen. (version 2)</summary>
    Report2 = 0x16,

    /// <summary>I listen no more. (version 2)</summary>
    Leave = 0x17,

    /// <summary>What I listen to. (version 3)</summary>
    Report3 = 0x22,
}

/// <summary>A group in an IGMPv3 report.</summary>
/// <param name="Type">What is said about it.</param>
/// <param name="Group">The group.</param>
/// <param name="Sources">Sources.</param>
public sealed record IgmpRecord(MulticastRecordType Type, Ipv4Address Group, params IReadOnlyList<Ipv4Address> Sources);

/// <summary>An IGMP message.</summary>
public sealed record IgmpMessage
{
    /// <summary>Query, report or leave.</summary>
    public required IgmpType Type { get; init; }

    /// <summary>The group; "0.0.0.0" in a general query and in a report of version 3.</summary>
    public Ipv4Address Group { get; init; }

    /// <summary>Tenths of a second within which listeners answer, as the field's code; 0 in version 1.</summary>
    public byte MaximumResponseCode { get; init; }

    /// <summary>The query is of version 3 and has the fields below.</summary>
    public bool IsVersion3Query { get; init; }

    /// <summary>S: routers do not take this query as a reason to forget.</summary>
    public bool SuppressRouterProcessing { get; init; }

    /// <summary>The querier's robustness, 0 to 7.</summary>
    public byte Robustness { get; init; }

    /// <summary>Seconds between queries, as the field's code.</summary>
    public byte QueryIntervalCode { get; init; }

    /// <summary>Sources that a query of version 3 asks about.</summary>
    public IReadOnlyList<Ipv4Address> Sources { get; init; } = [];

    /// <summary>Records of a report of version 3.</summary>
    public IReadOnlyList<IgmpRecord> Records { get; init; } = [];

    /// <summary>Reads a message; its checksum is not looked at.</summary>
    /// <param name="bytes">What IPv4 carries.</param>
    /// <param name="message">What it says when this returns true.</param>
    /// <returns>False when it is cut.</returns>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out IgmpMessage? message) => TryParse(bytes, out message, out _);

    /// <inheritdoc cref="TryParse(ReadOnlySpan{byte}, out IgmpMessage?)"/>
    /// <param name="bytes">What IPv4 carries.</param>
    /// <param name="message">What it says when this returns true.</param>
    /// <param name="defect">Why this returns false.</param>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out IgmpMessage? message, out Defect defect)
    {
        message = null;
        defect = default;
        if (bytes.Length < 8)
        {
            defect = Defect.Truncated("IGMP message");
            return false;
        }

        var type = (IgmpType)bytes[0];
        if (type == IgmpType.Report3)
        {
            if (TryReadRecords(bytes[8..], ReadUInt16BigEndian(bytes[6..]), out var records))
            {
                message = new IgmpMessage { Type = type, Records = records };
                return true;
            }

            defect = Defect.Truncated("IGMPv3 record");
            return false;
        }

        var isVersion3 = type == IgmpType.Query && bytes.Length >= 12;
        IReadOnlyList<Ipv4Address> sources = [];
        if (isVersion3 && !TryReadSources(bytes[12..], ReadUInt16BigEndian(bytes[10..]), out sources))
        {
            defect = Defect.Truncated("IGMPv3 sources");
            return false;
        }

        message = new IgmpMessage
        {
            Type = type,
            MaximumResponseCode = bytes[1],
            Group = Ipv4Address.Read(bytes[4..]),
            IsVersion3Query = isVersion3,
            SuppressRouterProcessing = isVersion3 && (bytes[8] & 8) != 0,
            Robustness = isVersion3 ? (byte)(bytes[8] & 7) : (byte)0,
            QueryIntervalCode = isVersion3 ? bytes[9] : (byte)0,
            Sources = sources,
        };
        return true;
    }

    /// <summary>The message with its checksum, to be sent with a time to live of 1 and a router alert option.</summary>
    public byte[] ToArray()
    {
        var b = new ByteBuilder().U8((int)Type).U8(MaximumResponseCode).U16(0);
        if (Type == IgmpType.Report3)
        {
            b.U16(0).U16(Records.Count);
            foreach (var record in Records)
            {
                b.U8((int)record.Type).U8(0).U16(record.Sources.Count).Ip(record.Group);
                foreach (var source in record.Sources)
                {
                    b.Ip(source);
                }
            }
        }
        else
        {
            b.Ip(Group);
            if (IsVersion3Query)
            {
                b.U8((SuppressRouterProcessing ? 8 : 0) | (Robustness & 7)).U8(QueryIntervalCode).U16(Sources.Count);
                foreach (var source in Sources)
                {
                    b.Ip(source);
                }
            }
        }

        b.PatchU16(2, InternetChecksum.Of(b.Written));
        return b.ToArray();
    }

    internal static void Describe(Dissection d, int at, int end, in IpContext ip)
    {
        var bytes = d.Bytes[at..end];
        if (!TryParse(bytes, out var message, out var defect))
        {
            d.Broken("IGMP", at, end, defect);
            return;
        }

        var m = message!;
        var layer = d.Layer("IGMP", at, end - at, m.Type switch
        {
            IgmpType.Query => $"{(m.IsVersion3Query ? "v3 " : "")}query{(m.Group == Ipv4Address.Any ? "" : $" {m.Group}")}",
            IgmpType.Report1 or IgmpType.Report2 => $"report {m.Group}",
            IgmpType.Leave => $"leave {m.Group}",
            IgmpType.Report3 => $"v3 report {string.Join(", ", m.Records.Select(r => $"{r.Type} {r.Group}"))}".TrimEnd(),
            _ => $"type {(byte)m.Type}",
        });
        layer.Hex("Type", 0, 1, (uint)m.Type, Enum.IsDefined(m.Type) ? m.Type.ToString() : null);
        if (m.Type != IgmpType.Report3)
        {
            layer.Add("Maximum response code", 1, 1, m.MaximumResponseCode,
                $"{(m.IsVersion3Query ? MulticastTime.Of8(m.MaximumResponseCode) : m.MaximumResponseCode) / 10.0} s");
        }

        layer.Checksum(2, ReadUInt16BigEndian(bytes[2..]), ip.RightChecksum(bytes, 2, withPseudoHeader: false));
        if (m.Type != IgmpType.Report3)
        {
            layer.Add("Group", 4, 4, m.Group);
            if (m.IsVersion3Query)
            {
                layer.Add("Suppress router processing", 8, 1, m.SuppressRouterProcessing);
                layer.Add("Robustness", 8, 1, m.Robustness);
                layer.Add("Query interval code", 9, 1, m.QueryIntervalCode, $"{MulticastTime.Of8(m.QueryIntervalCode)} s");
                Children(layer.Add("Sources", 10, 2 + (4 * m.Sources.Count), m.Sources.Count), 2, m.Sources);
            }

            return;
        }

        layer.Add("Records", 6, 2, m.Records.Count);
        var record = 8;
        foreach (var r in m.Records)
        {
            var length = 8 + (bytes[record + 1] * 4) + (r.Sources.Count * 4);
            var field = layer.Add("Record", record, length, r.Group.ToString());
            field.Child("Record type", 0, 1, (byte)r.Type, r.Type.ToString());
            Children(field, 8, r.Sources);
            record += length;
        }
    }

    private static void Children(Field field, int at, IReadOnlyList<Ipv4Address> sources)
    {
        for (var i = 0; i < sources.Count; i++)
        {
            field.Child("Source", at + (i * 4), 4, sources[i]);
        }
    }

    private static bool TryReadSources(ReadOnlySpan<byte> bytes, int count, out IReadOnlyList<Ipv4Address> sources)
    {
        sources = [];
        if (bytes.Length < count * Ipv4Address.Size)
        {
            return false;
        }

        var list = new Ipv4Address[count];
        for (var i = 0; i < count; i++)
        {
            list[i] = Ipv4Address.Read(bytes[(i * Ipv4Address.Size)..]);
        }

        sources = list;
        return true;
    }

    private static bool TryReadRecords(ReadOnlySpan<byte> bytes, int count, out List<IgmpRecord> records)
    {
        records = [];
        while (count-- > 0)
        {
            if (bytes.Length < 8 || !TryReadSources(bytes[8..], ReadUInt16BigEndian(bytes[2..]), out var sources))
            {
                return false;
            }

            var length = 8 + (sources.Count * Ipv4Address.Size) + (bytes[1] * 4);
            if (bytes.Length < length)
            {
                return false;
            }

            records.Add(new IgmpRecord((MulticastRecordType)bytes[0], Ipv4Address.Read(bytes[4..]), sources));
            bytes = bytes[length..];
        }

        return true;
    }
}
