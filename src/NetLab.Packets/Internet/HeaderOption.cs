namespace NetLab.Packets;

// Options in the headers of IPv4 (RFC 791 3.1) and TCP (RFC 9293 3.1) have one form:
//
//    | kind 0 |                     end of the list
//    | kind 1 |                     padding between options
//    | kind | length | data … |     the length counts kind and length too

/// <summary>An option in a header of IPv4 or TCP, where it lies.</summary>
public readonly ref struct HeaderOption
{
    internal HeaderOption(ReadOnlySpan<byte> bytes) => Bytes = bytes;

    /// <summary>The option with kind and length.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>What it is: see <see cref="TcpOption"/> or <see cref="Ipv4Option"/>.</summary>
    public byte Kind => Bytes[0];

    /// <summary>What follows kind and length; empty for padding.</summary>
    public ReadOnlySpan<byte> Data => Bytes.Length < 2 ? default : Bytes[2..];
}

/// <summary>Walks the options of a header of IPv4 or TCP: padding is given, the end of the list and what is behind it is not.</summary>
public ref struct HeaderOptionEnumerator
{
    private ReadOnlySpan<byte> _rest;

    /// <summary>Starts before the first option.</summary>
    /// <param name="options">What follows the fixed part of the header.</param>
    public HeaderOptionEnumerator(ReadOnlySpan<byte> options) => _rest = options;

    /// <summary>The option at which the walk is.</summary>
    public HeaderOption Current { get; private set; }

    /// <summary>Why the walk ended early, if it did.</summary>
    public Defect Defect { get; private set; }

    /// <summary>Goes to the next option.</summary>
    /// <returns>False at the end, or where an option's length is below 2 or beyond the header.</returns>
    public bool MoveNext()
    {
        if (_rest.IsEmpty || _rest[0] == 0)
        {
            return false;
        }

        var length = _rest[0] == 1 ? 1 : _rest.Length < 2 ? 0 : _rest[1];
        if (length > _rest.Length || (length < 2 && _rest[0] != 1))
        {
            Defect = Defect.Malformed(length < 2 ? "option of length below 2" : "option longer than its header");
            _rest = default;
            return false;
        }

        Current = new HeaderOption(_rest[..length]);
        _rest = _rest[length..];
        return true;
    }

    /// <summary>This, so that foreach works.</summary>
    public readonly HeaderOptionEnumerator GetEnumerator() => this;
}
