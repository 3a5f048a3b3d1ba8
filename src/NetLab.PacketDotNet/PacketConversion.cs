using System.Diagnostics.CodeAnalysis;
using NetLab.Packets;
using PacketDotNet;

// Not NetLab.PacketDotNet: inside NetLab that name would hide PacketDotNet itself.
namespace NetLab;

/// <summary>Frames as PacketDotNet's packets, and back.</summary>
/// <remarks>
/// PacketDotNet 1.4.8 writes into the bytes that it reads, reads late and throws then, and loops for ever over an option of length 0.
/// So a packet always has bytes of its own,
/// all of its layers are read here, and what it cannot take is refused with a reason.
/// <c>docs/packetdotnet.md</c> lists where it differs from <see cref="Frame"/>.
/// </remarks>
public static class PacketConversion
{
    private const int EthernetHeader = 14;

    /// <summary>The frame as PacketDotNet reads it, over bytes of its own.</summary>
    /// <param name="frame">The frame; it stays as it is, whatever is done to the packet.</param>
    /// <exception cref="FormatException">PacketDotNet cannot read it; the message says why.</exception>
    public static Packet ToPacket(this Frame frame) =>
        frame.TryToPacket(out var packet, out var why) ? packet : throw new FormatException($"PacketDotNet cannot read this frame: {why}. The frame: {frame}");

    /// <summary>The frame as PacketDotNet reads it, where it can.</summary>
    /// <param name="frame">The frame; it stays as it is, whatever is done to the packet.</param>
    /// <param name="packet">The packet, an <see cref="EthernetPacket"/> with all of its layers.</param>
    /// <param name="why">Why PacketDotNet cannot read it.</param>
    public static bool TryToPacket(this Frame frame, [NotNullWhen(true)] out Packet? packet, [NotNullWhen(false)] out string? why)
    {
        ArgumentNullException.ThrowIfNull(frame);
        (packet, why) = (null, frame.Length < EthernetHeader ? $"it has {frame.Length} bytes, less than an Ethernet header" : null);
        if (why is not null)
        {
            return false;
        }

        try
        {
            packet = Packet.ParsePacket(LinkLayers.Ethernet, frame.Bytes.ToArray());
            for (var layer = packet; layer is not null && why is null; layer = layer.PayloadPacket)
            {
                _ = layer.PayloadData;
                why = EndlessOptions.In(layer);
            }

            // What is cut short in the middle of a header throws when the field is read: here, rather than in a test.
            _ = why is null ? packet.ToString(StringOutputType.Normal) : null;
        }
#pragma warning disable CA1031 // Whatever its parser throws of bytes from the wire means that it cannot read them.
        catch (Exception e)
#pragma warning restore CA1031
        {
            why = $"its parser throws {e.GetType().Name} ({e.Message})";
        }

        packet = why is null ? packet : null;
        return packet is not null;
    }

    /// <summary>The captured frame as PacketDotNet reads it.</summary>
    /// <inheritdoc cref="ToPacket(Frame)"/>
    public static Packet ToPacket(this CapturedFrame captured)
    {
        ArgumentNullException.ThrowIfNull(captured);
        return captured.Frame.ToPacket();
    }

    /// <summary>The received frame as PacketDotNet reads it.</summary>
    /// <inheritdoc cref="ToPacket(Frame)"/>
    public static Packet ToPacket(this ReceivedFrame received)
    {
        ArgumentNullException.ThrowIfNull(received);
        return received.Frame.ToPacket();
    }

    /// <summary>
    /// The packet's bytes as a frame. PacketDotNet fills in the lengths;
    /// the checksums of IPv4, UDP, TCP, ICMP and ICMPv6 are computed here, inside VXLAN too, since its own are not all right.
    /// </summary>
    /// <param name="packet">The outermost layer: an <see cref="EthernetPacket"/>.</param>
    /// <param name="keepChecksums">Sends the checksums that are in the packet, also wrong ones.</param>
    /// <exception cref="ArgumentException">The outermost layer is not Ethernet, or carries a VLAN tag that its type does not tell of.</exception>
    /// <exception cref="FormatException">PacketDotNet cannot write the packet; the message says why.</exception>
    public static Frame ToFrame(this Packet packet, bool keepChecksums = false)
    {
        ArgumentNullException.ThrowIfNull(packet);
        if (packet is not EthernetPacket ethernet)
        {
            throw new ArgumentException(
                $"A frame begins with Ethernet, and this packet with {packet.GetType().Name}: put it into an EthernetPacket, as its PayloadPacket.",
                    nameof(packet));
        }

        if (ethernet.HasPayloadPacket && ethernet.PayloadPacket is Ieee8021QPacket
            && (int)ethernet.Type is not (EtherTypes.Vlan or EtherTypes.ServiceVlan or EtherTypes.OldQinQ))
        {
            throw new ArgumentException(
                $"The Ethernet layer carries a VLAN tag and its Type is {ethernet.Type}, by which nobody would find the tag: set " +
                    $"EthernetPacket.Type to EthernetType.VLanTaggedFrame.", nameof(packet));
        }

        byte[] bytes;
        try
        {
            bytes = PacketBytes.Of(packet);
        }
        catch (Exception e) when (e is IndexOutOfRangeException or ArgumentException or InvalidOperationException or NotImplementedException
            or NullReferenceException or OverflowException)
        {
            throw new FormatException(
                $"PacketDotNet cannot write this packet: " +
                    $"{(e is InvalidOperationException ? e.Message : $"it throws {e.GetType().Name} ({e.Message})")}. The layers: {PacketBytes.Layers(packet)}",
                        e);
        }

        if (!keepChecksums)
        {
            Checksums.Fill(bytes);
        }

        return Frame.FromBytes(bytes);
    }
}
