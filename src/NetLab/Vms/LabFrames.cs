using System.Text;
using NetLab.Packets;

namespace NetLab;

/// <summary>Frames between fake VMs, whose addresses fill themselves in: <c>Frame.Udp(vm1, vm2, 53, "hello")</c>.</summary>
public static class LabFrames
{
    extension(Frame)
    {
        /// <summary>A UDP datagram from one fake VM to another in the same network, whose MAC address it has.</summary>
        /// <param name="from">The sender.</param>
        /// <param name="to">The receiver.</param>
        /// <param name="port">The destination port.</param>
        /// <param name="payload">The payload, as UTF-8.</param>
        public static Frame Udp(FakeVm from, FakeVm to, int port, string payload)
        {
            ArgumentNullException.ThrowIfNull(from);
            ArgumentNullException.ThrowIfNull(to);
            return Frame.Udp(
                from.Mac, to.Mac, from.SourceFor(to.Address), to.Address, 40_000, (ushort)port, Encoding.UTF8.GetBytes(payload),
                new IpOptions { Identification = from.Node.Lab.Live.NextMark() });
        }

        /// <summary>A broadcast that no protocol of the kernel takes: EtherType 0x88b5, which IEEE 802 sets aside for experiments.</summary>
        /// <param name="from">The sender.</param>
        /// <param name="payload">The payload, as UTF-8.</param>
        public static Frame Broadcast(FakeVm from, string payload)
        {
            ArgumentNullException.ThrowIfNull(from);
            return Frame.Ethernet(from.Mac, MacAddress.Broadcast, 0x88b5, Encoding.UTF8.GetBytes(payload));
        }
    }
}
