using NetLab.Xunit;
using PacketDotNet;

namespace NetLab.Tests.Readme;

public class ReadmePacketTest
{
    // README: packets
    [LabFact]
    public async Task A_packet_of_PacketDotNet_crosses_a_bridge()
    {
        await using var lab = new Lab();
        var bridge = lab.AddNode("compute").AddBridge("br0");
        var vm1 = bridge.Node.AddVm("vm1", bridge, vm => vm.Address("10.0.0.1/24"));
        var vm2 = bridge.Node.AddVm("vm2", bridge, vm => vm.Address("10.0.0.2/24"));
        await lab.ApplyAsync();

        var udp = new UdpPacket(40000, 53) { PayloadData = "hello"u8.ToArray() };
        var packet = new EthernetPacket(vm1.Mac.ToPhysicalAddress(), vm2.Mac.ToPhysicalAddress(), EthernetType.None)
        {
            PayloadPacket = new IPv4Packet(vm1.Address, vm2.Address) { PayloadPacket = udp },
        };
        (await vm1.SendAsync(packet)).ShouldReach(vm2).Via("tap-vm1", "br0", "tap-vm2");
        var received = await vm2.ReceiveAsync<UdpPacket>(u => u.DestinationPort == 53);
        Assert.Equal("hello"u8, received.PayloadData);
    }
    // README: end
}
