using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace NetLab.Packets;

// pcapng (draft-ietf-opsawg-pcapng), little endian, every block padded to 4 bytes:
//
//    block type (4) | total length (4) | body | total length (4)
//    section header 0x0A0D0D0A: byte order magic, 1.0, section length -1, options
//    interface description 1:   link type (2), reserved (2), snap length (4), options
//    enhanced packet 6:         interface (4), time high (4), time low (4), captured (4), original (4), data, options
//    interface statistics 5:    interface (4), time high (4), time low (4), options
//
// An option is code (2), length (2), value padded to 4; code 0 ends the list.

/// <summary>Which way a captured packet went at its interface (epb_flags, bits 0 and 1).</summary>
public enum CaptureDirection : byte
{
    /// <summary>Not known.</summary>
    Unknown = 0,

    /// <summary>The interface received it.</summary>
    Inbound = 1,

    /// <summary>The interface sent it.</summary>
    Outbound = 2,
}

/// <summary>What the first bytes of a captured packet are (tcpdump.org "link-layer header types").</summary>
public enum LinkType : ushort
{
    /// <summary>BSD loopback: four bytes of address family in the capturing machine's order, then IP.</summary>
    Null = 0,

    /// <summary>Ethernet.</summary>
    Ethernet = 1,

    /// <summary>IPv4 or IPv6 without a link header.</summary>
    Raw = 101,

    /// <summary>Linux "cooked" capture.</summary>
    LinuxCooked = 113,

    /// <summary>IPv4.</summary>
    Ipv4 = 228,

    /// <summary>IPv6.</summary>
    Ipv6 = 229,

    /// <summary>Linux "cooked" capture, version 2.</summary>
    LinuxCooked2 = 276,
}

/// <summary>
/// Writes a pcapng file: several interfaces with names and descriptions, timestamps in nanoseconds, comments and
/// directions of packets. Texts are written <see cref="PlainText">plain</see>, in lines. Not for several threads at once.
/// Wireshark and tcpdump read it; tcpdump only one interface's link type.
/// </summary>
public sealed class PcapngWriter : IDisposable
{
    private readonly Stream _stream;
    private readonly bool _leaveOpen;
    private readonly ArrayBufferWriter<byte> _block = new(2048);
    private int _interfaces;

    /// <summary>Starts a file.</summary>
    /// <param name="stream">Where it goes.</param>
    /// <param name="application">The program that captures.</param>
    /// <param name="comment">A comment on the whole file.</param>
    /// <param name="leaveOpen">The stream stays open when this is disposed.</param>
    public PcapngWriter(Stream stream, string application = "NetLab", string? comment = null, bool leaveOpen = false)
    {
        ArgumentNullException.ThrowIfNull(stream);
        _stream = stream;
        _leaveOpen = leaveOpen;
        Begin(0x0A0D0D0A);
        U32(0x1A2B3C4D);
        U16(1);
        U16(0);
        U64(ulong.MaxValue);
        Text(1, comment);
        Text(3, OperatingSystem.IsLinux() ? "Linux" : null);
        Text(4, application);
        End();
    }

    /// <summary>Starts a file on disk; an older one is replaced.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="comment">A comment on the whole file.</param>
    public static PcapngWriter Create(string path, string? comment = null) => new(File.Create(path), comment: comment);

    /// <summary>Number of interfaces added.</summary>
    public int InterfaceCount => _interfaces;

    /// <summary>Adds an interface.</summary>
    /// <param name="name">Its name, e.g. "compute1/qvb4a1b".</param>
    /// <param name="description">What it is.</param>
    /// <param name="linkType">What its packets start with.</param>
    /// <param name="mac">Its MAC address.</param>
    /// <param name="comment">A comment on it.</param>
    /// <returns>Its number, for <see cref="WritePacket(int, long, ReadOnlySpan{byte}, CaptureDirection, string, int)"/>.</returns>
    public int AddInterface(string name, string? description = null, LinkType linkType = LinkType.Ethernet, MacAddress? mac = null, string? comment = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        Begin(1);
        U16((ushort)linkType);
        U16(0);
        U32(0);
        Text(1, comment);
        Text(2, name);
        Text(3, description);
        if (mac is { } address)
        {
            Span<byte> bytes = stackalloc byte[MacAddress.Size];
            address.CopyTo(bytes);
            Option(6, bytes);
        }

        Option(9, [9]); // if_tsresol: 10^-9 seconds
        End();
        return _interfaces++;
    }

    /// <summary>Writes a captured packet.</summary>
    /// <param name="interfaceNumber">From <see cref="AddInterface"/>.</param>
    /// <param name="timestampNanoseconds">Nanoseconds since 1970.</param>
    /// <param name="packet">Its bytes.</param>
    /// <param name="direction">Which way it went.</param>
    /// <param name="comment">A comment on it, e.g. why it was dropped.</param>
    /// <param name="originalLength">Bytes it had on the wire, when fewer were captured; 0: all of them were.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such interface.</exception>
    public void WritePacket(int interfaceNumber, long timestampNanoseconds, ReadOnlySpan<byte> packet,
        CaptureDirection direction = CaptureDirection.Unknown, string? comment = null, int originalLength = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(interfaceNumber);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(interfaceNumber, _interfaces);
        Begin(6);
        U32((uint)interfaceNumber);
        U32((uint)(timestampNanoseconds >> 32));
        U32((uint)timestampNanoseconds);
        U32((uint)packet.Length);
        U32((uint)Math.Max(originalLength, packet.Length));
        Padded(packet);
        Text(1, comment);
        if (direction != CaptureDirection.Unknown)
        {
            Span<byte> flags = stackalloc byte[4];
            BinaryPrimitives.WriteUInt32LittleEndian(flags, (uint)direction);
            Option(2, flags);
        }

        End();
    }

    /// <summary>Writes a captured frame.</summary>
    /// <param name="interfaceNumber">From <see cref="AddInterface"/>.</param>
    /// <param name="timestampNanoseconds">Nanoseconds since 1970.</param>
    /// <param name="frame">The frame.</param>
    /// <param name="direction">Which way it went.</param>
    /// <param name="comment">A comment on it, e.g. why it was dropped.</param>
    public void WritePacket(int interfaceNumber, long timestampNanoseconds, Frame frame, CaptureDirection direction = CaptureDirection.Unknown,
        string? comment = null)
    {
        ArgumentNullException.ThrowIfNull(frame);
        WritePacket(interfaceNumber, timestampNanoseconds, frame.Bytes.Span, direction, comment);
    }

    /// <summary>Writes how much an interface saw, after its last packet.</summary>
    /// <param name="interfaceNumber">From <see cref="AddInterface"/>.</param>
    /// <param name="timestampNanoseconds">When that was so, nanoseconds since 1970.</param>
    /// <param name="received">Packets that were captured or lost (isb_ifrecv).</param>
    /// <param name="dropped">Packets that were lost, because nobody took them from the kernel in time (isb_osdrop).</param>
    /// <param name="comment">A comment on it.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such interface.</exception>
    public void WriteStatistics(int interfaceNumber, long timestampNanoseconds, long received, long dropped, string? comment = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(interfaceNumber);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(interfaceNumber, _interfaces);
        Begin(5);
        U32((uint)interfaceNumber);
        U32((uint)(timestampNanoseconds >> 32));
        U32((uint)timestampNanoseconds);
        Text(1, comment);
        Span<byte> count = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(count, received);
        Option(4, count);
        BinaryPrimitives.WriteInt64LittleEndian(count, dropped);
        Option(7, count);
        End();
    }

    /// <summary>Hands what was written to the stream's own end.</summary>
    public void Flush() => _stream.Flush();

    /// <summary>Flushes and, unless told otherwise, closes the stream.</summary>
    public void Dispose()
    {
        _stream.Flush();
        if (!_leaveOpen)
        {
            _stream.Dispose();
        }
    }

    private void Begin(uint type)
    {
        _block.ResetWrittenCount();
        U32(type);
        U32(0);
        _optionsBegun = false;
    }

    private bool _optionsBegun;

    private void End()
    {
        if (_optionsBegun)
        {
            U32(0);
        }

        var total = (uint)_block.WrittenCount + 4;
        U32(total);
        var length = _block.WrittenCount;
        var bytes = System.Runtime.InteropServices.MemoryMarshal.AsMemory(_block.WrittenMemory).Span;
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[4..], total);
        _stream.Write(bytes[..length]);
    }

    private void Text(ushort code, string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return;
        }

        var bytes = Encoding.UTF8.GetBytes(PlainText.Lines(text));
        var length = Math.Min(bytes.Length, ushort.MaxValue);
        while (length < bytes.Length && (bytes[length] & 0xC0) == 0x80)
        {
            length--; // not in the middle of a character
        }

        Option(code, bytes.AsSpan(0, length));
    }

    private void Option(ushort code, ReadOnlySpan<byte> value)
    {
        _optionsBegun = true;
        U16(code);
        U16((ushort)value.Length);
        Padded(value);
    }

    private void Padded(ReadOnlySpan<byte> value)
    {
        var length = (value.Length + 3) & ~3;
        var span = _block.GetSpan(length);
        value.CopyTo(span);
        span[value.Length..length].Clear();
        _block.Advance(length);
    }

    private void U16(ushort value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(_block.GetSpan(2), value);
        _block.Advance(2);
    }

    private void U32(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_block.GetSpan(4), value);
        _block.Advance(4);
    }

    private void U64(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(_block.GetSpan(8), value);
        _block.Advance(8);
    }
}
