using static System.Buffers.Binary.BinaryPrimitives;

namespace NetLab.Packets;

/// <summary>An option in a hop-by-hop or destination options header (RFC 8200 4.2).</summary>
public readonly ref struct Ipv6Option
{
    /// <summary>One byte of padding.</summary>
    public const byte Pad1 = 0;

    /// <summary>Several bytes of padding.</summary>
    public const byte PadN = 1;

    /// <summary>Router alert (RFC 2711).</summary>
    public const byte RouterAlert = 5;

    /// <summary>Jumbo payload length (RFC 2675).</summary>
    public const byte Jumbo = 0xC2;

    internal Ipv6Option(byte type, ReadOnlySpan<byte> data)
    {
        Type = type;
        Data = data;
    }

    /// <summary>The option's number; its two high bits say what to do where it is unknown.</summary>
    public byte Type { get; }

    /// <summary>What follows type and length.</summary>
    public ReadOnlySpan<byte> Data { get; }

    internal static Defect Describe(Layer layer, ReadOnlySpan<byte> options)
    {
        var walk = new Ipv6OptionEnumerator(options);
        var at = 2;
        while (walk.MoveNext())
        {
            var type = walk.Current.Type;
            var data = walk.Current.Data;
            switch (type)
            {
                case Pad1:
                    layer.Add("Pad1", at, 1, "");
                    break;
                case PadN:
                    layer.Add("PadN", at, 2 + data.Length, Convert.ToHexStringLower(data));
                    break;
                case RouterAlert when data.Length == 2:
                    layer.Add("Router alert", at, 4, ReadUInt16BigEndian(data));
                    break;
                case Jumbo when data.Length == 4:
                    layer.Add("Jumbo payload length", at, 6, ReadUInt32BigEndian(data));
                    break;
                default:
                    layer.Add($"Option 0x{type:x2}", at, 2 + data.Length, Convert.ToHexStringLower(data));
                    break;
            }

            at += type == Pad1 ? 1 : 2 + data.Length;
        }

        return walk.Defect;
    }
}

/// <summary>Walks options of IPv6, padding included.</summary>
public ref struct Ipv6OptionEnumerator
{
    private ReadOnlySpan<byte> _rest;

    /// <summary>Starts before the first option.</summary>
    /// <param name="options">The options header without its first two bytes.</param>
    public Ipv6OptionEnumerator(ReadOnlySpan<byte> options) => _rest = options;

    /// <summary>The option at which the walk is.</summary>
    public Ipv6Option Current { get; private set; }

    /// <summary>Why the walk ended early, if it did.</summary>
    public Defect Defect { get; private set; }

    /// <summary>Goes to the next option.</summary>
    /// <returns>False at the end, or where an option is longer than the header.</returns>
    public bool MoveNext()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        if (_rest[0] == Ipv6Option.Pad1)
        {
            Current = new Ipv6Option(0, default);
            _rest = _rest[1..];
            return true;
        }

        if (_rest.Length < 2 || _rest.Length < 2 + _rest[1])
        {
            Defect = Defect.Malformed("IPv6 option longer than its header");
            _rest = default;
            return false;
        }

        Current = new Ipv6Option(_rest[0], _rest.Slice(2, _rest[1]));
        _rest = _rest[(2 + _rest[1])..];
        return true;
    }

    /// <summary>This, so that foreach works.</summary>
    public readonly Ipv6OptionEnumerator GetEnumerator() => this;
}
