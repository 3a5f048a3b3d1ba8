using System.Net;
using NetLab.Linux.Netlink;
using NetLab.Linux.Tests.Netlink.Encoding;

namespace NetLab.Linux.Tests.Netlink;

/// <summary>Reading never throws and never reads past the end, whatever the bytes.</summary>
public sealed class ReadingTests
{
    private static readonly int[] HeaderSizes = [LinkMessages.HeaderSize, AddressMessages.HeaderSize];

    private static void ReadByEverything(ReadOnlySpan<byte> payload)
    {
        _ = LinkInfo.Read(payload).ToString();
        _ = AddressMessages.Read(payload).ToString();
        _ = RouteMessages.Read(payload)?.ToString();
        _ = RuleMessages.Read(payload)?.ToString();
        _ = NeighbourMessages.Read(payload)?.ToString();
        _ = FdbMessages.Read(payload)?.ToString();
        _ = NexthopMessages.Read(payload).ToString();
        _ = QdiscMessages.Read(payload).ToString();
        _ = FilterInfo.Read(payload).ToString();
        _ = ConntrackSocket.Read(payload)?.ToString();
        var mdb = new List<MdbInfo>();
        MdbMessages.Read(payload, mdb);
        var vlans = new List<BridgeVlanInfo>();
        BridgeVlanMessages.Read(payload, vlans);
        Assert.True(vlans.Count <= 4096 * 16);
        _ = WireguardMessages.Read(payload, new WireguardDevice()).Peers.Count;
        var messages = new MessageReader(payload);
        while (messages.Next())
        {
            foreach (var size in HeaderSizes)
            {
                foreach (var attribute in Attributes.After(messages.Payload, size))
                {
                    _ = (attribute.Text, attribute.Address, attribute.U64, attribute.Be64, attribute.Clock64);
                }
            }
        }
    }

    [Fact]
    public void Every_beginning_of_every_message_can_be_read()
    {
        foreach (var captured in Captured.All.Values)
        {
            var request = captured.Request;
            for (var length = 0; length <= Math.Min(request.Length, 400); length++)
            {
                ReadByEverything(request.AsSpan(0, length));
                ReadByEverything(request.AsSpan(Math.Min(16, length), length - Math.Min(16, length)));
            }
        }
    }

    [Fact]
    public void Messages_with_changed_bytes_can_be_read()
    {
        var random = new Random(20260729);
        foreach (var captured in Captured.All.Values)
        {
            for (var round = 0; round < 40; round++)
            {
                var request = captured.Request[16..Math.Min(captured.Request.Length, 500)];
                for (var changes = random.Next(1, 6); changes > 0; changes--)
                {
                    request[random.Next(request.Length)] = (byte)random.Next(256);
                }

                ReadByEverything(request);
            }
        }
    }

    [Fact]
    public void What_the_kernel_dumps_can_be_read_cut_off_anywhere()
    {
        using var bench = new NetlinkBench();
        bench.Do(batch =>
        {
            batch.AddLink(new BridgeSpec("br0") { Index = 10, Up = true, AltNames = ["other"] });
            batch.AddLink(new VethSpec("v0", new VethPeer("v1")) { Index = 11, MasterIndex = 10, Up = true });
            batch.AddLink(new VxlanSpec("x0") { Id = 42, Remote = IPAddress.Parse("10.0.0.1"), Port = 4789 });
        });
        using var socket = NetlinkSocket.Open(bench.Namespace, Rtnetlink.NETLINK_ROUTE, strictChecks: true);
        var request = new MessageWriter();
        request.Begin(Rtnetlink.RTM_GETLINK, Rtnetlink.NLM_F_REQUEST | Rtnetlink.NLM_F_DUMP);
        LinkMessages.WriteHeader(request, 0, LinkFlags.None, LinkFlags.None);
        request.End();
        var links = 0;
        socket.Query(request, "reading the interfaces", (_, payload) =>
        {
            links++;
            for (var length = 0; length <= payload.Length; length += 3)
            {
                ReadByEverything(payload[..length]);
            }
        });
        Assert.Equal(5, links);
    }

    [Fact]
    public void A_wireguard_device_reads_back_from_its_bytes_also_in_pieces()
    {
        var first = new WireguardKey(Enumerable.Repeat((byte)7, 32).ToArray());
        var second = WireguardKey.Generate();
        var device = new WireguardDevice
        {
            PrivateKey = WireguardKey.Generate(),
            ListenPort = 51820,
            FirewallMark = 9,
            Peers =
            [
                new WireguardPeer(first)
                {
                    PresharedKey = WireguardKey.Generate(),
                    Endpoint = IPEndPoint.Parse("[2001:db8::1]:51820"),
                    PersistentKeepalive = TimeSpan.FromSeconds(25),
                    AllowedIps = [IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("2001:db8::/32")],
                },
                new WireguardPeer(second) { Endpoint = IPEndPoint.Parse("10.0.0.1:1"), AllowedIps = [IPNetwork.Parse("192.0.2.0/24")] },
            ],
        };
        var more = new WireguardDevice { Peers = [new WireguardPeer(second) { AllowedIps = [IPNetwork.Parse("198.51.100.0/24")] }] };
        var read = WireguardMessages.Read(Encoded(more), WireguardMessages.Read(Encoded(device), new WireguardDevice()));
        Assert.Equal((device.PrivateKey, (ushort?)51820, (uint?)9), (read.PrivateKey, read.ListenPort, read.FirewallMark));
        Assert.Equal([first, second], read.Peers.Select(p => p.PublicKey));
        Assert.Equal(device.Peers[0].PresharedKey, read.Peers[0].PresharedKey);
        Assert.Equal(device.Peers[0].Endpoint, read.Peers[0].Endpoint);
        Assert.Equal(TimeSpan.FromSeconds(25), read.Peers[0].PersistentKeepalive);
        Assert.Equal(device.Peers[0].AllowedIps, read.Peers[0].AllowedIps);
        Assert.Equal([IPNetwork.Parse("192.0.2.0/24"), IPNetwork.Parse("198.51.100.0/24")], read.Peers[1].AllowedIps);

        static byte[] Encoded(WireguardDevice device)
        {
            var batch = new NetlinkBatch();
            batch.AddWireguard(0x1d, "wg0", device);
            return batch.Bytes[16..].ToArray();
        }
    }

    [Fact]
    public void A_wireguard_device_reads_back_or_its_absence_is_told_in_words()
    {
        using var bench = new NetlinkBench();
        try
        {
            using var wireguard = WireguardSocket.Open(bench.Namespace);
            bench.Do(batch => batch.AddLink(new WireguardSpec("wg0")));
            var key = WireguardKey.Generate();
            wireguard.SetDevice("wg0", new WireguardDevice
            {
                PrivateKey = key,
                ListenPort = 51820,
                Peers = [new WireguardPeer(WireguardKey.Generate())
                    { AllowedIps = [IPNetwork.Parse("10.0.0.0/8")], Endpoint = IPEndPoint.Parse("192.0.2.1:51820") }],
            });
            var read = wireguard.GetDevice("wg0");
            Assert.Equal((key, (ushort?)51820), (read.PrivateKey, read.ListenPort));
            Assert.NotNull(read.PublicKey);
            Assert.Equal(IPNetwork.Parse("10.0.0.0/8"), Assert.Single(Assert.Single(read.Peers).AllowedIps));
        }
        catch (NetlinkException e) when (e.Errno is Errno.ENOENT)
        {
            Assert.Contains("CONFIG_WIREGUARD", e.Message);
        }
    }
}
