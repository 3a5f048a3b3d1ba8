using static System.Buffers.Binary.BinaryPrimitives;

namespace NetLab.Packets;

// DNS (RFC 1035 4), in UDP port 53, multicast DNS (RFC 6762) in port 5353:
//
//    | id (2) | QR opcode AA TC RD RA Z AD CD rcode (2) | questions (2) | answers (2) | authorities (2) | additionals (2) |
//    question: | name | type (2) | class (2) |
//    record:   | name | type (2) | class (2) | time to live (4) | length (2) | data |

/// <summary>A question.</summary>
/// <param name="Name">The name asked for, without the last dot.</param>
/// <param name="Type">What is asked about it.</param>
/// <param name="Class">Class: 1 is Internet; bit 15 in multicast DNS asks for a unicast answer.</param>
public readonly record struct DnsQuestion(string Name, DnsType Type, ushort Class = 1);

/// <summary>A DNS message.</summary>
public sealed record DnsMessage
{
    private const int HeaderLength = 12;

    /// <summary>Number that question and answer share.</summary>
    public ushort Id { get; init; }

    /// <summary>An answer.</summary>
    public bool IsResponse { get; init; }

    /// <summary>0 query, 4 notify, 5 update.</summary>
    public byte Opcode { get; init; }

    /// <summary>AA: the server is the authority.</summary>
    public bool IsAuthoritative { get; init; }

    /// <summary>TC: cut to fit the datagram.</summary>
    public bool IsTruncated { get; init; }

    /// <summary>RD: ask others too.</summary>
    public bool RecursionDesired { get; init; } = true;

    /// <summary>RA: the server asks others.</summary>
    public bool RecursionAvailable { get; init; }

    /// <summary>AD: validated (RFC 4035).</summary>
    public bool IsAuthentic { get; init; }

    /// <summary>CD: not to be validated (RFC 4035).</summary>
    public bool CheckingDisabled { get; init; }

    /// <summary>0 no error, 1 format, 2 server failure, 3 no such name, 5 refused.</summary>
    public byte ResponseCode { get; init; }

    /// <summary>Questions.</summary>
    public IReadOnlyList<DnsQuestion> Questions { get; init; } = [];

    /// <summary>Answers.</summary>
    public IReadOnlyList<DnsRecord> Answers { get; init; } = [];

    /// <summary>Authorities.</summary>
    public IReadOnlyList<DnsRecord> Authorities { get; init; } = [];

    /// <summary>What else may help; also EDNS (OPT).</summary>
    public IReadOnlyList<DnsRecord> Additionals { get; init; } = [];

    /// <summary>A question.</summary>
    /// <param name="id">Number of the question.</param>
    /// <param name="name">The name.</param>
    /// <param name="type">What is asked about it.</param>
    public static DnsMessage Query(ushort id, string name, DnsType type = DnsType.A) => new() { Id = id, Questions = [new DnsQuestion(name, type)] };

    /// <summary>The answer to this question.</summary>
    /// <param name="answers">The answers; none gives "no such name".</param>
    public DnsMessage Answer(params IReadOnlyList<DnsRecord> answers) => this with
    {
        IsResponse = true,
        RecursionAvailable = true,
        ResponseCode = (byte)(answers.Count == 0 ? 3 : 0),
        Answers = answers,
    };

    /// <summary>Reads what a UDP datagram carries, or TCP behind its two bytes of length.</summary>
    /// <param name="bytes">The message.</param>
    /// <param name="message">The message when this returns true.</param>
    /// <returns>False when it is cut or a name is malformed.</returns>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out DnsMessage? message) => TryParse(bytes, out message, out _);

    /// <inheritdoc cref="TryParse(ReadOnlySpan{byte}, out DnsMessage?)"/>
    /// <param name="bytes">The message.</param>
    /// <param name="message">The message when this returns true.</param>
    /// <param name="defect">Why this returns false.</param>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out DnsMessage? message, out Defect defect)
    {
        message = null;
        if (bytes.Length < HeaderLength)
        {
            defect = Defect.Truncated("DNS header");
            return false;
        }

        var at = HeaderLength;
        if (!TryReadQuestions(bytes, ref at, ReadUInt16BigEndian(bytes[4..]), out var questions, out defect)
            || !DnsRecord.TryReadAll(bytes, ref at, ReadUInt16BigEndian(bytes[6..]), out var answers, out defect)
            || !DnsRecord.TryReadAll(bytes, ref at, ReadUInt16BigEndian(bytes[8..]), out var authorities, out defect)
            || !DnsRecord.TryReadAll(bytes, ref at, ReadUInt16BigEndian(bytes[10..]), out var additionals, out defect))
        {
            return false;
        }

        var flags = ReadUInt16BigEndian(bytes[2..]);
        message = new DnsMessage
        {
            Id = ReadUInt16BigEndian(bytes),
            IsResponse = (flags & 0x8000) != 0,
            Opcode = (byte)((flags >> 11) & 15),
            IsAuthoritative = (flags & 0x400) != 0,
            IsTruncated = (flags & 0x200) != 0,
            RecursionDesired = (flags & 0x100) != 0,
            RecursionAvailable = (flags & 0x80) != 0,
            IsAuthentic = (flags & 0x20) != 0,
            CheckingDisabled = (flags & 0x10) != 0,
            ResponseCode = (byte)(flags & 15),
            Questions = questions,
            Answers = answers,
            Authorities = authorities,
            Additionals = additionals,
        };
        return true;
    }

    /// <summary>Reads what only its port says to be a message: it must ask, answer or report something.</summary>
    internal static bool TryRecognise(ReadOnlySpan<byte> bytes, out DnsMessage? message, out Defect defect)
    {
        const int lastOpcode = 6; // stateful operations, RFC 8490
        if (TryParse(bytes, out message, out defect) && message is { Opcode: <= lastOpcode } m
            && (m.Questions.Count + m.Answers.Count + m.Authorities.Count + m.Additionals.Count > 0 || m is { IsResponse: true, ResponseCode: > 0 }))
        {
            return true;
        }

        defect = defect.IsNone ? Defect.Malformed("DNS message that says nothing") : defect;
        message = null;
        return false;
    }

    /// <summary>The message, names not compressed.</summary>
    /// <exception cref="ArgumentException">A name that is none.</exception>
    public byte[] ToArray()
    {
        var b = new ByteBuilder().U16(Id).U16(Flags);
        b.U16(Questions.Count).U16(Answers.Count).U16(Authorities.Count).U16(Additionals.Count);
        foreach (var question in Questions)
        {
            DnsName.Write(b, question.Name);
            b.U16((ushort)question.Type).U16(question.Class);
        }

        foreach (var record in Answers.Concat(Authorities).Concat(Additionals))
        {
            record.Write(b);
        }

        return b.ToArray();
    }

    internal static void Describe(Dissection d, int at, int end)
    {
        if (!TryRecognise(d.Bytes[at..end], out var message, out var defect))
        {
            d.Suspected("DNS", at, end, defect);
            return;
        }

        var m = message!;
        var what = m.Questions.Count > 0 ? $" {DnsRecord.NameOf(m.Questions[0].Type)} {m.Questions[0].Name}" : "";
        var layer = d.Layer("DNS", at, end - at, (m.IsResponse ? "answer" : "query") + what
            + (m.ResponseCode > 0 ? $" error {m.ResponseCode}" : "") + string.Concat(m.Answers.Select(a => $" {DnsRecord.NameOf(a.Type)} {a.Text}")));
        layer.Hex("Id", 0, 2, m.Id);
        layer.Hex("Flags", 2, 2, m.Flags, m.IsResponse ? "response" : "query");
        layer.Add("Opcode", 2, 1, m.Opcode);
        layer.Add("Response code", 3, 1, m.ResponseCode);
        layer.Add("Questions", 4, 2, m.Questions.Count);
        layer.Add("Answers", 6, 2, m.Answers.Count);
        layer.Add("Authorities", 8, 2, m.Authorities.Count);
        layer.Add("Additionals", 10, 2, m.Additionals.Count);
        var rest = end - at - HeaderLength;
        foreach (var question in m.Questions)
        {
            var field = layer.Add("Question", HeaderLength, rest, question.Name);
            field.Child("Type", 0, rest, (ushort)question.Type, DnsRecord.NameOf(question.Type));
            field.Child("Class", 0, rest, question.Class);
        }

        foreach (var (name, records) in new[] { ("Answer", m.Answers), ("Authority", m.Authorities), ("Additional", m.Additionals) })
        {
            foreach (var record in records)
            {
                var field = layer.Add(name, HeaderLength, rest, record.Name);
                field.Child("Type", 0, rest, (ushort)record.Type, DnsRecord.NameOf(record.Type));
                field.Child("Class", 0, rest, record.Class);
                field.Child("Time to live", 0, rest, record.TimeToLive);
                field.Child("Data", 0, rest, record.Text);
            }
        }
    }

    private ushort Flags => (ushort)((IsResponse ? 0x8000 : 0) | ((Opcode & 15) << 11) | (IsAuthoritative ? 0x400 : 0) | (IsTruncated ? 0x200 : 0)
        | (RecursionDesired ? 0x100 : 0) | (RecursionAvailable ? 0x80 : 0) | (IsAuthentic ? 0x20 : 0) | (CheckingDisabled ? 0x10 : 0) | (ResponseCode & 15));

    private static bool TryReadQuestions(ReadOnlySpan<byte> bytes, ref int at, int count, out List<DnsQuestion> questions, out Defect defect)
    {
        questions = [];
        defect = default;
        while (count-- > 0)
        {
            if (!DnsName.TryRead(bytes, ref at, out var name, out defect))
            {
                return false;
            }

            if (bytes.Length < at + 4)
            {
                defect = Defect.Truncated("DNS question");
                return false;
            }

            questions.Add(new DnsQuestion(name, (DnsType)ReadUInt16BigEndian(bytes[at..]), ReadUInt16BigEndian(bytes[(at + 2)..])));
            at += 4;
        }

        return true;
    }
}
