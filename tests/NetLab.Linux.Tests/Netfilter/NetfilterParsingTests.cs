using NetLab.Linux.Netfilter;

namespace NetLab.Linux.Tests.Netfilter;

/// <summary>Messages and listings, without a kernel.</summary>
public sealed class NetfilterParsingTests
{
    // As Linux 6.18 told of a drop by rule 3 of "bridge guard f".
    private const string Drop =
        "08000F0000000007080004000000000308000600C83AF48D06000200660000000A00010067756172640000000C00030000000000000000030C00050008000100000000000" +
        "8000A000000000206000B000001000008000C000000000306000D00000100002C000800000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F20" +
        "21222324252627" + "1200070002000000000202000000000188B50000";

    [Fact]
    public void A_trace_message_has_its_parts()
    {
        var step = NftTrace.Parse(7, Convert.FromHexString(Drop));

        Assert.Equal("trace c83af48d bridge guard f rule handle 3 drop", step.ToString());
        Assert.Equal((2, 3, true), (step.InputInterfaceIndex, step.OutputInterfaceIndex, step.IsDrop));
        Assert.Equal("02000000000202000000000188b5", Convert.ToHexStringLower(step.LinkHeader.Span));
        Assert.Equal(Enumerable.Range(0, 40).Select(i => (byte)i), step.NetworkHeader.ToArray());
    }

    [Fact]
    public void A_message_cut_off_anywhere_is_read_as_far_as_it_goes()
    {
        var whole = Convert.FromHexString(Drop);
        for (var length = 0; length < whole.Length; length++)
        {
            Assert.Equal(NftFamily.Bridge, NftTrace.Parse(7, whole.AsSpan(0, length)).Family);
        }
    }

    [Fact]
    public void A_listing_has_policy_and_rules_also_over_several_lines()
    {
        var chain = Assert.Single(NftRules.Parse(
            """
            table inet t {
            	chain c { # handle 1
            		comment "hello"
            		type filter hook forward priority filter; policy drop;
            		ip saddr { 10.0.0.1, 10.0.0.2,
            			   10.0.0.3 } counter packets 0 bytes 0 drop comment "many # handle 7" # handle 6
            		ip saddr @s accept # handle 7
            	}
            }
            """));

        Assert.Equal(("forward", "drop"), (chain.Hook, chain.Policy));
        Assert.Equal(
            [(6ul, "ip saddr { 10.0.0.1, 10.0.0.2, 10.0.0.3 } counter packets 0 bytes 0 drop comment \"many # handle 7\""), (7ul, "ip saddr @s accept")],
            chain.Rules);
    }

    [Fact]
    public void A_trace_belongs_to_a_packet_whose_bytes_it_shows_but_for_hop_limit_and_checksum()
    {
        byte[] told = [0x45, 0, 0, 40, 0, 1, 0x40, 0, 63, 17, 1, 2, 10, 0, 0, 1, 10, 0, 0, 2, 1, 2, 3, 4];
        var step = new NftTraceEvent { TraceId = 1, Family = NftFamily.Ip, NetworkHeader = told };
        byte[] sent = [.. told, 5, 6];
        (sent[8], sent[10], sent[11]) = (64, 9, 9);

        Assert.True(step.IsOf(sent));
        sent[19]++;
        Assert.False(step.IsOf(sent));
        Assert.False(step.IsOf(sent.AsSpan(0, 10)));
    }

    [Theory]
    [InlineData("another destination and port", true, 1, 3, 1000, 8080)]
    [InlineData("a hairpin back to who sent it: the addresses are exchanged", true, 2, 1, 1000, 8080)]
    [InlineData("an answer that carries what the question did", false, 2, 1, 53, 1000)]
    public void A_translated_packet_is_known_again_and_its_answer_is_another(string what, bool isSame, byte from, byte to, int source, int destination)
    {
        var sent = Datagram(1, 2, 1000, 53);
        var step = new NftTraceEvent
        {
            TraceId = 1, Family = NftFamily.Ip, NetworkHeader = sent.AsMemory(0, 20), TransportHeader = sent.AsMemory(20),
        };
        Assert.True(step.IsOfTranslated(Datagram(from, to, source, destination)) == isSame, what);

        static byte[] Datagram(byte from, byte to, int source, int destination) =>
        [
            0x45, 0, 0, 32, 0, 7, 0, 0, 64, 17, 0, 0, 10, 0, 0, from, 10, 0, 0, to,
            (byte)(source >> 8), (byte)source, (byte)(destination >> 8), (byte)destination, 0, 12, 0, 0, 1, 2, 3, 4,
        ];
    }
}
