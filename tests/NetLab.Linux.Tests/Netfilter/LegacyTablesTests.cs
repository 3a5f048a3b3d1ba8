using System.Net;
using NetLab.Linux.Netfilter;
using NetLab.Linux.Tests.Bpf;

namespace NetLab.Linux.Tests.Netfilter;

/// <summary>The tables of iptables-legacy as the kernel has them, compared with what iptables-legacy says.</summary>
public sealed class LegacyTablesTests : IDisposable
{
    private readonly TestNetwork _net = new();

    public void Dispose() => _net.Dispose();

    [Fact]
    public void Reading_makes_no_tables()
    {
        var ns = _net.Namespace("a");
        using var tables = LegacyTables.Of(ns);

        Assert.Empty(tables.Read());
        Assert.Empty(tables.Read());

        using var names = new StreamReader(new FileStream(ns.OpenFile("/proc/net/ip_tables_names", 0), FileAccess.Read, 1));
        Assert.Equal("", names.ReadToEnd());
    }

    [Fact]
    public async Task Every_rule_is_there_with_its_chain_its_number_and_what_it_does()
    {
        var ns = _net.Namespace("a");
        foreach (var rule in (string[])["-N mine", "-N empty", "-A mine -s 10.0.0.0/8 -j RETURN", "-A mine -j LOG", "-A mine -p udp",
            "-A FORWARD -j mine", "-A FORWARD -g empty", "-A FORWARD -p tcp -j REJECT",
            "-A INPUT -j NFQUEUE --queue-balance 3:5", "-P OUTPUT DROP"])
        {
            await _net.RunAsync(ns, "iptables-legacy", "", ["-w", .. rule.Split(' ')]);
        }

        await _net.RunAsync(ns, "ip6tables-legacy", "", "-w", "-t", "raw", "-A", "PREROUTING", "-j", "DROP");
        using var tables = LegacyTables.Of(ns);

        var read = tables.Read();

        Assert.Equal([(NftFamily.Ip, "filter"), (NftFamily.Ip6, "raw")], read.Select(t => (t.Family, t.Name)));
        Assert.Equal(
            [
                "rule 1 of chain INPUT NFQUEUE", "the policy of chain INPUT ACCEPT", "rule 1 of chain FORWARD > mine",
                    "rule 2 of chain FORWARD > empty", "rule 3 of chain FORWARD REJECT",
                "the policy of chain FORWARD ACCEPT", "the policy of chain OUTPUT DROP", "rule 1 of chain mine RETURN", "rule 2 of chain mine LOG",
                    "rule 3 of chain mine",
            ],
            read[0].Rules.Select(r => $"{r} {r.Target}{(r.JumpsTo is { } chain ? $"> {chain}" : "")}".TrimEnd()));
        Assert.Equal((3, 3), read[0].Rules[0].Queues);
        Assert.Equal("iptables-legacy -P OUTPUT DROP", await read[0].FindTextAsync(_net.Programs, ns, read[0].Rules[6]));
        Assert.Equal(["rule 1 of chain PREROUTING DROP", "the policy of chain PREROUTING ACCEPT", "the policy of chain OUTPUT ACCEPT"],
            read[1].Rules.Select(r => $"{r} {r.Target}"));
        Assert.Equal("ip6tables-legacy -t raw -A PREROUTING -j DROP", await read[1].FindTextAsync(_net.Programs, ns, read[1].Rules[0]));
    }

    [Theory]
    [InlineData("-s 10.0.0.1 -d 10.0.0.0/24 -p udp", true)]
    [InlineData("-s 10.0.0.2", false)]
    [InlineData("! -s 10.0.0.2", true)]
    [InlineData("! -d 10.0.0.2", false)]
    [InlineData("-p tcp", false)]
    [InlineData("! -p tcp", true)]
    [InlineData("-i tap0 -o eth+", true)]
    [InlineData("-i tap00", false)]
    [InlineData("-i tap", false)]
    [InlineData("! -o eth7", false)]
    public async Task A_rule_is_for_frames_that_meet_its_addresses_protocol_and_devices(string conditions, bool fits)
    {
        var ns = _net.Namespace("a");
        await _net.RunAsync(ns, "iptables-legacy", "", ["-w", "-A", "FORWARD", .. conditions.Split(' '), "-j", "DROP"]);
        using var tables = LegacyTables.Of(ns);
        byte[] packet = [0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, .. IPAddress.Parse("10.0.0.1").GetAddressBytes(), .. IPAddress.Parse("10.0.0.2")
            .GetAddressBytes()];

        var rule = Assert.Single(tables.Read()[0].Rules, r => r.Number == 1);

        Assert.Equal(fits, rule.Fits(packet, "tap0", "eth7"));
        packet[0] = 0x65;
        Assert.False(rule.Fits(packet));
    }

    [Theory]
    [InlineData("-s fd00::1 -d fd00::/64 -p udp", true)]
    [InlineData("! -d fd00::2", false)]
    [InlineData("-p tcp -i tap0", false)]
    [InlineData("-i tap1", false)]
    public async Task So_is_a_rule_for_IPv6(string conditions, bool fits)
    {
        var ns = _net.Namespace("a");
        await _net.RunAsync(ns, "ip6tables-legacy", "", ["-w", "-A", "FORWARD", .. conditions.Split(' '), "-j", "DROP"]);
        using var tables = LegacyTables.Of(ns);
        byte[] packet = [0x60, 0, 0, 0, 0, 8, 17, 64, .. IPAddress.Parse("fd00::1").GetAddressBytes(), .. IPAddress.Parse("fd00::2").GetAddressBytes()];

        Assert.Equal(fits, Assert.Single(tables.Read()[0].Rules, r => r.Number == 1).Fits(packet, "tap0"));
    }
}
