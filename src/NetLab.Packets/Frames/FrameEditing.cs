namespace NetLab.Packets;

// Frames are immutable: each of these gives another one.
public sealed partial class Frame
{
    /// <summary>The frame with other addresses.</summary>
    /// <param name="source">Another source address, or null to keep it.</param>
    /// <param name="destination">Another destination address, or null to keep it.</param>
    /// <exception cref="InvalidOperationException">The frame is too short to have addresses.</exception>
    public Frame With(MacAddress? source = null, MacAddress? destination = null)
    {
        NeedsHeader("other addresses");
        var bytes = _bytes.AsSpan().ToArray();
        source?.CopyTo(bytes.AsSpan(6));
        destination?.CopyTo(bytes);
        return Own(bytes);
    }

    /// <summary>The frame with one more VLAN tag, outside of those it has.</summary>
    /// <param name="id">VLAN id, 0 to 4095.</param>
    /// <param name="priority">Priority, 0 to 7.</param>
    /// <exception cref="InvalidOperationException">The frame is too short to have addresses.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The id or the priority does not fit.</exception>
    public Frame WithVlan(ushort id, byte priority = 0) => WithVlan(VlanTag.Of(id, priority));

    /// <summary>The frame with one more VLAN tag, outside of those it has.</summary>
    /// <param name="tag">The tag.</param>
    /// <exception cref="InvalidOperationException">The frame is too short to have addresses.</exception>
    public Frame WithVlan(VlanTag tag)
    {
        NeedsHeader("a VLAN tag");
        var bytes = new byte[_bytes.Length + VlanTag.Size];
        _bytes.AsSpan(0, 12).CopyTo(bytes);
        tag.Write(bytes.AsSpan(12));
        _bytes.AsSpan(12).CopyTo(bytes.AsSpan(12 + VlanTag.Size));
        return Own(bytes);
    }

    /// <summary>The frame without its outermost VLAN tag; itself when it has none.</summary>
    public Frame WithoutVlan()
    {
        if (!EthernetReader.TryParse(_bytes, out var ethernet) || ethernet.VlanCount == 0)
        {
            return this;
        }

        var bytes = new byte[_bytes.Length - VlanTag.Size];
        _bytes.AsSpan(0, 12).CopyTo(bytes);
        _bytes.AsSpan(12 + VlanTag.Size).CopyTo(bytes.AsSpan(12));
        return Own(bytes);
    }

    /// <summary>The frame with zeros at its end up to a length, as hardware sends it.</summary>
    /// <param name="minimumLength">At least this many bytes; Ethernet's own minimum is 60 without the check sequence.</param>
    public Frame Padded(int minimumLength = 60)
    {
        if (_bytes.Length >= minimumLength)
        {
            return this;
        }

        var bytes = new byte[minimumLength];
        _bytes.CopyTo(bytes, 0);
        return Own(bytes);
    }

    /// <summary>The frame with some bytes replaced, nothing else adjusted: for frames that are wrong on purpose.</summary>
    /// <param name="offset">Where the first one goes.</param>
    /// <param name="bytes">The bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">They reach beyond the frame.</exception>
    public Frame WithBytes(int offset, ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, _bytes.Length - bytes.Length);
        var changed = _bytes.AsSpan().ToArray();
        bytes.CopyTo(changed.AsSpan(offset));
        return Own(changed);
    }

    /// <summary>The first bytes of the frame.</summary>
    /// <param name="length">How many, at most all of them.</param>
    /// <exception cref="ArgumentOutOfRangeException">The frame does not have that many.</exception>
    public Frame Truncated(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, _bytes.Length);
        return FromBytes(_bytes.AsSpan(0, length));
    }

    private void NeedsHeader(string what)
    {
        if (_bytes.Length < EthernetHeader.Size)
        {
            throw new InvalidOperationException($"A frame of {_bytes.Length} bytes cannot be given {what}: an Ethernet header has 14 bytes.");
        }
    }
}
