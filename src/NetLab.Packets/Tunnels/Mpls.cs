using static System.Buffers.Binary.BinaryPrimitives;

namespace NetLab.Packets;

// MPLS label stack (RFC 3032), four bytes an entry, S marking the last:
//
//    |                Label                  |  TC |S|      TTL      |

/// <summary>One entry of a label stack.</summary>
/// <param name="Label">Label, 20 bits.</param>
/// <param name="TrafficClass">Traffic class, 3 bits.</param>
/// <param name="TimeToLive">Time to live.</param>
public readonly record struct MplsLabel(int Label, byte TrafficClass = 0, byte TimeToLive = 64);

/// <summary>A label stack and what is behind it.</summary>
public sealed record MplsPacket
{
    /// <summary>The entries, outermost first.</summary>
    public IReadOnlyList<MplsLabel> Labels { get; init; } = [];

    /// <summary>What the stack is in front of. Nothing says what it is; IP is recognised by its version.</summary>
    public ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>Reads the payload of a frame of EtherType 0x8847 or 0x8848; <see cref="Payload"/> shares the memory.</summary>
    /// <param name="bytes">The payload.</param>
    /// <param name="packet">The packet when this returns true.</param>
    /// <returns>False when the stack has no bottom.</returns>
    public static bool TryParse(ReadOnlyMemory<byte> bytes, out MplsPacket? packet) => TryParse(bytes, out packet, out _);

    /// <inheritdoc cref="TryParse(ReadOnlyMemory{byte}, out MplsPacket?)"/>
    /// <param name="bytes">The payload.</param>
    /// <param name="packet">The packet when this returns true.</param>
    /// <param name="defect">Why this returns false.</param>
    public static bool TryParse(ReadOnlyMemory<byte> bytes, out MplsPacket? packet, out Defect defect)
    {
        packet = null;
        defect = default;
        var labels = new List<MplsLabel>();
        for (var at = 0; at + 4 <= bytes.Length;)
        {
            var entry = ReadUInt32BigEndian(bytes.Span[at..]);
            labels.Add(new MplsLabel((int)(entry >> 12), (byte)((entry >> 9) & 7), (byte)entry));
            at += 4;
            if ((entry & 0x100) != 0)
            {
                packet = new MplsPacket { Labels = labels, Payload = bytes[at..] };
                return true;
            }
        }

        defect = Defect.Truncated("MPLS label stack");
        return false;
    }

    /// <summary>Writes labels and payload, the last label marked as the bottom.</summary>
    /// <param name="destination">Room for all of it.</param>
    /// <returns>Bytes written.</returns>
    public int Write(Span<byte> destination)
    {
        for (var i = 0; i < Labels.Count; i++)
        {
            var l = Labels[i];
            WriteUInt32BigEndian(destination[(i * 4)..], ((uint)l.Label << 12) | ((uint)(l.TrafficClass & 7) << 9)
                | (i == Labels.Count - 1 ? 0x100u : 0) | l.TimeToLive);
        }

        Payload.Span.CopyTo(destination[(Labels.Count * 4)..]);
        return (Labels.Count * 4) + Payload.Length;
    }

    internal static void Describe(Dissection d, int at, int end)
    {
        if (!TryParse(d.Memory[at..end], out var packet, out var defect))
        {
            d.Broken("MPLS", at, end, defect);
            return;
        }

        var layer = d.Layer("MPLS", at, packet!.Labels.Count * 4, string.Join(' ', packet.Labels.Select(l => l.Label)));
        for (var i = 0; i < packet.Labels.Count; i++)
        {
            var l = packet.Labels[i];
            var field = layer.Add("Label", i * 4, 3, l.Label);
            field.Child("Traffic class", 2, 1, l.TrafficClass);
            field.Child("Bottom of stack", 2, 1, i == packet.Labels.Count - 1);
            field.Child("Time to live", 3, 1, l.TimeToLive);
        }

        d.Ip(at + (packet.Labels.Count * 4), end);
    }
}
