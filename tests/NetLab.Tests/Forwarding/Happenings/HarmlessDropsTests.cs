using System.Net;
using NetLab.Linux.Bpf;
using NetLab.Packets;

namespace NetLab.Tests.Forwarding.Happenings;

/// <summary>Which drops no failure is due to, by the words of kernels of many versions: needs no kernel.</summary>
public sealed class HarmlessDropsTests
{
    [Theory]
    [InlineData("QUEUE_PURGE", "skb_queue_purge_reason", true)]
    [InlineData("NOT_SPECIFIED", "skb_queue_purge", true)] // before Linux 6.4
    [InlineData("QUEUE_PURGE", "neigh_destroy", false)] // it waited for a neighbour
    [InlineData("NOT_SPECIFIED", "neigh_destroy", false)]
    [InlineData("NOT_SPECIFIED", "ip_rcv_core", false)]
    public void What_waited_in_a_queue_that_was_emptied_is_harmless(string reason, string function, bool isHarmless)
    {
        var node = new Lab().AddNode("a");
        var packet = Frame.Udp(default, default, IPAddress.Parse("10.0.0.1"), IPAddress.Parse("10.0.0.2"), 1, 2, new byte[1]);
        var dropped = SeenPacket.Of(node, new TraceEvent
        {
            Kind = TraceEventKind.KfreeSkb,
            ReasonName = reason,
            Location = function,
            Bytes = packet.Bytes,
            Length = packet.Length,
            Protocol = packet.EtherType,
            StartsWithEthernet = true,
        });
        Assert.Equal(isHarmless, HarmlessDrops.IsHarmless(Drop.PlaceOf(dropped)));
    }
}
