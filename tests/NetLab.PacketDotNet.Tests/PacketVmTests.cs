using System.Diagnostics;
using System.Text;
using NetLab.Linux.Probe;
using NetLab.OpenStack;
using NetLab.Packets;
using NetLab.Xunit;
using PacketDotNet;

namespace NetLab.Tests;

/// <summary>Fake VMs, streams and captures that speak PacketDotNet.</summary>
public sealed class PacketVmTests
{
    [LabFact(Feature.OvsVswitchd)]
    public async Task Two_VMs_exchange_PacketDotNet_packets_through_qbr_and_br_int()
    {
        await using var lab = new Lab();
        var compute = lab.AddNode("compute1");
        var brInt = compute.AddIntegrationBridge();
        var vm1 = compute.AddHybridPlug(brInt, "0c1383d0-c894-4a4e-8b2e-2c6f3f3c1d01", 7, "vm01", vm => vm.Address("10.0.0.11/24"));
        var vm2 = compute.AddHybridPlug(brInt, "4a1b5e21-77f0-4f6b-9d10-8f5d0f9e7a02", 7, "vm02", vm => vm.Address("10.0.0.12/24"));
        await lab.ApplyAsync();

        var there = await vm1.SendAsync(Built.Udp(vm1, vm2, 53, "hello"));
        there.ShouldReach(vm2).Once().Via("vm01", "tap0c1383d0-c8", "qbr0c1383d0-c8", "qvb0c1383d0-c8", "qvo0c1383d0-c8", "br-int",
            "qvo4a1b5e21-77", "qvb4a1b5e21-77", "qbr4a1b5e21-77", "tap4a1b5e21-77", "vm02");
        var question = await vm2.ReceiveAsync<UdpPacket>(udp => udp.DestinationPort == 53);
        Assert.Equal("hello", Encoding.UTF8.GetString(question.PayloadData));
        Assert.True(question.ValidUdpChecksum);

        (await vm2.SendAsync(Built.Udp(vm2, vm1, 54, "and to you"))).ShouldReach(vm1).Once();
        Assert.Equal("and to you", Encoding.UTF8.GetString((await vm1.ExpectAsync<UdpPacket>()).PayloadData));
    }

    [LabFact]
    public async Task What_PacketDotNet_cannot_read_is_passed_over_and_told_by_an_expectation_that_fails()
    {
        await using var lab = await BridgedAsync();
        (var vm1, var vm2) = (lab.FindVm("vm1")!, lab.FindVm("vm2")!);
        var endless = Frame.Tcp(vm1.Mac, vm2.Mac, Ipv4Address.Parse("10.0.0.1"), Ipv4Address.Parse("10.0.0.2"),
            new TcpSegment { SourcePort = 1, DestinationPort = 2, OptionBytes = new byte[] { 8, 0, 0, 0 } });
        await vm1.SendAsync(endless);
        await vm1.SendAsync(Built.Udp(vm1, vm2, 1, "whole"));
        Assert.Equal("whole", Encoding.UTF8.GetString((await vm2.ReceiveAsync<TransportPacket>()).PayloadData));

        var start = Stopwatch.GetTimestamp();
        var failure = await Assert.ThrowsAsync<ForwardingException>(() => vm2.ExpectAsync<TcpPacket>());
        Assert.True(Stopwatch.GetElapsedTime(start) < lab.Options.Patience / 2, "An expectation is decided by a barrier, and this one waited.");
        Assert.Contains("VM vm2 expected a TcpPacket, and none has come", failure.Message, StringComparison.Ordinal);
        Assert.Contains("(not as a packet: a TCP option has length 0", failure.Message, StringComparison.Ordinal);
    }

    [LabFact]
    public async Task A_condition_on_a_packet_that_throws_fails_its_call_and_names_the_frame()
    {
        await using var lab = await BridgedAsync();
        (var vm1, var vm2) = (lab.FindVm("vm1")!, lab.FindVm("vm2")!);
        var waiting = vm2.ReceiveAsync<UdpPacket>(udp => udp.PayloadData[10] == 0);
        await vm1.SendAsync(Built.Udp(vm1, vm2, 53, "short"));
        var failure = await Assert.ThrowsAsync<ForwardingException>(() => waiting);
        Assert.IsType<IndexOutOfRangeException>(failure.InnerException);
        Assert.Contains("UDP 40000 > 53", failure.Message, StringComparison.Ordinal);
    }

    [LabFact]
    public async Task A_packet_that_is_not_delivered_has_a_fate_with_its_reason()
    {
        await using var lab = await BridgedAsync();
        (var vm1, var vm2) = (lab.FindVm("vm1")!, lab.FindVm("vm2")!);
        await vm2.Tap.SetUpAsync(false);
        var fate = await vm1.SendAsync(Built.Udp(vm1, vm2, 53, "lost"));
        fate.ShouldNotReach(vm2);
        Assert.Equal(53, fate.Frame.ToPacket().Extract<UdpPacket>().DestinationPort);
    }

    [LabFact]
    public async Task Packets_go_through_streams_and_are_in_captures()
    {
        await using var lab = await BridgedAsync();
        (var vm1, var vm2) = (lab.FindVm("vm1")!, lab.FindVm("vm2")!);
        await using var capture = lab.Capture();
        using (FrameStream left = vm1.OpenStream(), right = vm2.OpenStream())
        {
            left.Send(Built.Udp(vm1, vm2, 1, "one"));
            var first = await right.ReceivePacketAsync();
            left.Send(Built.Udp(vm1, vm2, 2, "two"));
            left.Send(Built.Udp(vm1, vm2, 3, "three"));
            List<Packet> all = [first];
            while (all.Count < 3)
            {
                all.AddRange((await right.ReceiveBatchAsync()).ToPackets());
            }

            Assert.Equal(["one", "two", "three"], all.Select(p => Encoding.UTF8.GetString(p.Extract<UdpPacket>().PayloadData)));
        }

        await capture.StopAsync();
        Assert.Equal([1, 2, 3], capture.Packets<UdpPacket>().Where(p => p.Captured.DeviceName == "tap-vm2").Select(p => (int)p.Packet.DestinationPort));
        Assert.Equal(1, capture.Frames[0].ToPacket().Extract<UdpPacket>().DestinationPort);
    }

    private static async Task<Lab> BridgedAsync()
    {
        var lab = new Lab(new LabOptions { Patience = TimeSpan.FromMinutes(2) });
        var bridge = lab.AddNode("compute").AddBridge("br0");
        bridge.Node.AddVm("vm1", bridge, vm => vm.Address("10.0.0.1/24"));
        bridge.Node.AddVm("vm2", bridge, vm => vm.Address("10.0.0.2/24"));
        await lab.ApplyAsync();
        return lab;
    }
}
