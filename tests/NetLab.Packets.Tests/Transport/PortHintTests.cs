using static NetLab.Packets.Tests.Sample;

namespace NetLab.Packets.Tests;

/// <summary>A port is a hint: what does not speak the protocol that belongs to it is data.</summary>
[Trait("Category", "Codec")]
public sealed class PortHintTests
{
    public static TheoryData<ushort, ushort> Ports =>
        new() { { 40000, 53 }, { 53, 40000 }, { 5353, 5353 }, { 68, 67 }, { 546, 547 }, { 40000, 4789 }, { 40000, 8472 }, { 40000, 6081 } };

    [Theory]
    [MemberData(nameof(Ports))]
    public void Nothing_and_zeros_and_text_are_no_message_whatever_the_port(ushort from, ushort to)
    {
        byte[][] payloads = [[], .. new[] { 1, 4, 8, 12, 20, 30, 300, 1400 }.Select(n => new byte[n]), "hello world!"u8.ToArray(), "hello"u8.ToArray()];
        foreach (var payload in payloads)
        {
            var frame = Frame.Udp(Mac1, Mac2, Ip1, Ip2, from, to, payload);

            Assert.EndsWith($"UDP {from} > {to} len {payload.Length}", frame.ToString());
            Assert.Equal(payload.Length == 0 ? "UDP" : "Data", frame.Layers[^1].Name);
            Assert.Equal((null, null, null, null, null), (frame.Dns, frame.Dhcp, frame.Dhcpv6, frame.Vxlan, frame.Geneve));
            Assert.True(frame.Layers.All(l => l.Defect.IsNone), frame.ToTree());
        }
    }

    [Fact]
    public void A_DNS_error_without_a_question_is_a_message() =>
        Assert.NotNull(Frame.Udp(Mac1, Mac2, Ip1, Ip2, 53, 40000, new DnsMessage { IsResponse = true, ResponseCode = 1 }.ToArray()).Dns);
}
