using System.Net;
using NetLab.Linux.Bpf;
using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests.Forwarding;

/// <summary>
/// The kernel's own drop reasons, each provoked for real: the kernel gives it, and what is told of it is more than its name.
/// What is not provoked is said so, with why (<c>netlab explain --causes --coverage</c>).
/// </summary>
[Trait("Category", "Fate")]
public sealed class DropReasonTests
{
    private static readonly Dictionary<string, Func<RouterScene, Task<Fate>>> Routers = new()
    {
        ["NO_SOCKET"] = s => s.SendAsync(s.Udp()),
        ["PKT_TOO_SMALL"] = s => s.SendAsync(RouterScene.Ipv4(s.Udp(), b => b[17] = 200)),
        ["TCP_CSUM"] = s => s.SendAsync(Broken(Tcp(s, TcpFlags.Syn))),
        ["UDP_CSUM"] = s => s.SendAsync(Broken(s.Udp())),
        ["ICMP_CSUM"] = s => s.SendAsync(Broken(
            Frame.IcmpEcho(s.Vm.Mac, s.RouterMac, s.Vm.Address, IPAddress.Parse("10.0.1.1"), IcmpType.EchoRequest, 1, 1, new byte[20]))),
        ["INVALID_PROTO"] = s => s.SendAsync(
            Frame.IcmpEcho(s.Vm.Mac, MacAddress.Broadcast, s.Vm.Address, IPAddress.Parse("10.0.1.255"), IcmpType.EchoRequest, 1, 1, new byte[20])),
        ["IP_CSUM"] = s =>
        {
            var bytes = s.Udp().Bytes.ToArray();
            bytes[24] ^= 0xff;
            return s.SendAsync(Frame.FromBytes(bytes));
        },
        ["IP_INHDR"] = s => s.SendAsync(RouterScene.Ipv4(s.Udp(), b => b[22] = 1)),
        ["IP_NOPROTO"] = s => s.SendAsync(RouterScene.Ipv4(s.Udp(), b => b[23] = 253)),
        ["OTHERHOST"] = s => s.SendAsync(s.Udp(mac: MacAddress.Parse("02:00:00:00:12:34"))),
        ["UNHANDLED_PROTO"] = s => s.SendAsync(Frame.Ethernet(s.Vm.Mac, s.RouterMac, 0x88b5, new byte[50])),
        ["IP_RPFILTER"] = s => s.SendWithAsync("net.ipv4.conf.eth0.rp_filter", "1", s.Udp(from: "10.0.2.77")),
        ["UNICAST_IN_L2_MULTICAST"] = s =>
            s.SendWithAsync("net.ipv4.conf.eth0.drop_unicast_in_l2_multicast", "1", s.Udp("10.0.1.1", mac: MacAddress.Broadcast)),
        ["XFRM_POLICY"] = s => s.SendAfterAsync("ip xfrm policy add src 10.0.1.0/24 dst 10.0.2.0/24 dir fwd action block"),
        ["IP_INADDRERRORS"] = s => s.SendWithAsync("net.ipv4.ip_forward", "0"),
        ["IP_INNOROUTES"] = s => s.SendAsync(s.Udp("192.0.2.1")),
        ["IP_LOCAL_SOURCE"] = s => s.SendAsync(s.Udp(from: "10.0.2.1")),
        ["IP_INVALID_SOURCE"] = s => s.SendAsync(s.Udp(from: "224.0.0.5")),
        ["IP_INVALID_DEST"] = s => s.SendAsync(s.Udp("0.0.0.0")),
        ["IP_LOCALNET"] = s => s.SendAsync(s.Udp("127.0.0.5")),
        ["PKT_TOO_BIG"] = s => s.SendAfterAsync("ip link set eth1 mtu 600",
            s.Udp(payload: 900, options: new IpOptions { Identification = 4711, DontFragment = true })),
        ["IPV6DISABLED"] = s => s.SendWithAsync("net.ipv6.conf.eth0.disable_ipv6", "1", s.Udp6()),
        ["IPV6_NDISC_HOP_LIMIT"] = s => s.SendAsync(Solicitation(s, b => b[21] = 64)),
        ["IPV6_NDISC_BAD_CODE"] = s => s.SendAsync(Solicitation(s, b => b[55] = 1)),
        ["IPV6_NDISC_BAD_OPTIONS"] = s => s.SendAsync(Solicitation(s, b => b[79] = 0)),
        ["NEIGH_QUEUEFULL"] = async s =>
        {
            await s.Router.Device("eth1").SetMtuAsync(600);
            return await s.SendWithAsync("net.ipv4.neigh.eth1.unres_qlen_bytes", "1", s.Udp("10.0.2.77", payload: 1400));
        },
        ["NEIGH_FAILED"] = s =>
        {
            s.Router.WriteSysctl("net.ipv4.neigh.eth1.mcast_solicit", "1");
            s.Router.WriteSysctl("net.ipv4.neigh.eth1.retrans_time_ms", "20");
            return s.Vm.SendUntilEndedAsync(s.Udp("10.0.2.77"));
        },
        ["QUEUE_PURGE"] = async s =>
        {
            var fate = s.Vm.SendUntilEndedAsync(s.Udp("10.0.2.77"));
            await s.Router.DoAsync("ip link set eth1 down");
            return await fate;
        },
        ["DUP_FRAG"] = async s =>
        {
            var first = s.Udp(payload: 800).Fragment(500)[0];
            await s.SendAsync(first);
            return await s.SendAsync(first);
        },
        ["FRAG_REASM_TIMEOUT"] = s =>
        {
            s.Host.WriteSysctl("net.ipv4.ipfrag_time", "0");
            return s.Vm.SendUntilEndedAsync(s.Udp(payload: 800).Fragment(500)[0]);
        },
        ["TCP_FLAGS"] = async s =>
        {
            using var listener = s.Host.ListenTcp(80);
            return await s.SendAsync(Tcp(s, TcpFlags.Ack));
        },
        ["TCP_RESET"] = async s =>
        {
            using var listener = s.Host.ListenTcp(80);
            return await s.SendAsync(Tcp(s, TcpFlags.Rst));
        },
        ["TCP_INVALID_SEQUENCE"] = s => InConnectionAsync(s, theirs => Tcp(s, TcpFlags.Ack | TcpFlags.Psh, 900_001_001, theirs, 10)),
        ["TCP_OLD_DATA"] = async s => await InConnectionAsync(s, theirs => Tcp(s, TcpFlags.Ack | TcpFlags.Psh, 1001, theirs, 10), twice: true),
        ["SOCKET_FILTER"] = async s =>
        {
            using var client = s.Host.OpenUdp(53);
            ReceiverCauses.SocketFilter.RefuseAll(client.Client);
            return await s.SendAsync(s.Udp());
        },
        ["SOCKET_RCVBUFF"] = async s =>
        {
            using var client = s.Host.OpenUdp(53);
            client.Client.ReceiveBufferSize = 1;
            Fate fate;
            ushort id = 1;
            do
            {
                fate = await s.SendAsync(s.Udp(payload: 1400, options: new IpOptions { Identification = id++ }));
            }
            while (id < 20 && fate.Copies.All(c => c.Reason is null));
            return fate;
        },
        ["NETFILTER_DROP"] = async s =>
        {
            await s.Router.LoadRulesetAsync("table ip t {\nchain f { type filter hook forward priority 0; drop; }\n}");
            return await s.SendAsync(s.Udp());
        },
    };

    private static readonly Dictionary<string, Func<BridgeScene, Task<Fate>>> Bridges = new()
    {
        ["TC_INGRESS"] = s => FilteredAsync(s, "v1", "ingress"),
        ["TC_EGRESS"] = s => FilteredAsync(s, "tap-vm2", "egress"),
        ["QDISC_DROP"] = s => s.SendAfterAsync(s.A, "tc qdisc add dev v0 root tbf rate 1mbit burst 100 limit 100", s.Udp(1400)),
        ["FULL_RING"] = async s =>
        {
            var tap = s.B.AddTap("tap9", s.BridgeB);
            await s.Lab.ApplyAsync();
            tap.Open();
            await s.B.DoAsync("ip link set tap9 txqueuelen 1");
            await s.SendAsync();
            return await s.SendAsync();
        },
        ["NO_TX_TARGET"] = async s =>
        {
            await s.B.DoAsync("bridge link set dev tap-vm2 flood off");
            return await s.SendAsync();
        },
        ["BRIDGE_INGRESS_STP_STATE"] = s => s.SendAfterAsync(s.B, "bridge link set dev v1 state 0"),
        ["MAC_INVALID_SOURCE"] = s => s.Vm1.SendAsync(s.To(s.Vm2.Mac, MacAddress.Parse("01:00:00:00:00:01"))),
        ["MAC_IEEE_MAC_CONTROL"] = s => s.Vm1.SendAsync(s.To(MacAddress.Parse("01:80:c2:00:00:01"))),
    };

    private static readonly Dictionary<string, Func<VxlanScene, Task<Fate>>> Tunnels = new()
    {
        ["LOCAL_MAC"] = s => s.Vm1.SendAsync(Frame.Udp(
            MacAddress.From(s.B.Live.Route.FindLink("vx0")!.Mac!), s.Vm2.Mac, s.Vm1.Address, s.Vm2.Address, 4000, 53, "x"u8)),
        ["VXLAN_VNI_NOT_FOUND"] = async s =>
        {
            await s.B.DoAsync(["ip link del vx0", "ip link add vx0 type vxlan id 43 dstport 4789 local 10.9.0.2 remote 10.9.0.1", "ip link set vx0 up"]);
            return await s.SendAsync();
        },
        ["VXLAN_INVALID_HDR"] = async s =>
        {
            var bridge = s.Lab.AddNode("sw").AddBridge("br0");
            s.Lab.AddLink(s.B.End("u9", "10.7.0.2/24"), bridge.End("s9"));
            var vm = bridge.Node.AddVm("vm9", bridge, v => v.Address("10.7.0.9/24"));
            await s.Lab.ApplyAsync();
            return await vm.SendAsync(Frame.Udp(vm.Mac, s.B.Device("u9").Mac, vm.Address, IPAddress.Parse("10.7.0.2"), 4000, 4789, new byte[40]));
        },
    };

    private static IEnumerable<string> All => [.. Routers.Keys, .. Bridges.Keys, .. Tunnels.Keys];

    public static TheoryData<string> Names => [.. All];

    [LabTheory(Feature.BpfTracing, Feature.NftProgram), MemberData(nameof(Names))]
    public async Task The_kernel_gives_the_reason_and_more_is_told_than_its_name(string reason)
    {
        var fate = await ProvokeAsync(reason);
        var told = fate.Copies.Select(c => c.Reason).OfType<Reason>().FirstOrDefault(r =>
            r.Evidence.Any(e => e.Source == "kernel" && (e.Text.StartsWith($"{reason} in ", StringComparison.Ordinal) || !Knows(reason))));
        Assert.True(told is not null, fate.Describe());
        Assert.NotEqual(Causes.Unknown, told.Cause);
        Assert.NotEqual(Causes.KernelReason, told.Cause);
    }

    [Fact]
    public void What_is_said_to_be_provoked_is_and_of_all_else_is_said_why_not()
    {
        Assert.Equal(All.Order(StringComparer.Ordinal), DropReasonCoverage.Provoked.Order(StringComparer.Ordinal));
        Assert.DoesNotContain(KernelReasons.All.Keys, r => DropReasonCoverage.Provoked.Contains(r) != (DropReasonCoverage.WhyNot(r) is null));
        Assert.Equal(File.ReadAllText(Path.Combine(SourceTree.Root, "docs", "drop-reasons.md")), Causes.ToCoverageMarkdown());
    }

    // An older kernel that has no such reason says NOT_SPECIFIED.
    private static bool Knows(string reason) =>
        Btf.ReadKernel(["skb_drop_reason"]).EnumConstants("skb_drop_reason").Any(c => c.Name == $"SKB_DROP_REASON_{reason}");

    private static async Task<Fate> ProvokeAsync(string reason)
    {
        if (Routers.TryGetValue(reason, out var ofRouter))
        {
            await using var scene = await RouterScene.BuildAsync();
            return await ofRouter(scene);
        }

        if (Bridges.TryGetValue(reason, out var ofBridge))
        {
            await using var scene = await BridgeScene.BuildAsync();
            return await ofBridge(scene);
        }

        await using var tunnel = await VxlanScene.BuildAsync();
        return await Tunnels[reason](tunnel);
    }

    private static Frame Tcp(RouterScene s, TcpFlags flags, uint sequence = 1, uint acknowledgment = 1, int payload = 0) =>
        Frame.Tcp(s.Vm.Mac, s.RouterMac, s.Vm.Address, IPAddress.Parse(RouterScene.HostAddress), 40_000, 80, flags, sequence, acknowledgment,
            payload: new byte[payload]);

    private static Frame Broken(Frame frame)
    {
        var bytes = frame.Bytes.ToArray();
        bytes[^1] ^= 0x55;
        return Frame.FromBytes(bytes);
    }

    // The checksum of ICMPv6 is made right again after the change.
    private static Frame Solicitation(RouterScene s, Action<byte[]> change)
    {
        var bytes = Frame.NeighborSolicitation(s.Vm.Mac, IPAddress.Parse("fd00:1::10"), IPAddress.Parse("fd00:1::1")).Bytes.ToArray();
        change(bytes);
        (bytes[56], bytes[57]) = (0, 0);
        var sum = 58 + (bytes.Length - 54);
        for (var i = 22; i < bytes.Length; i += 2)
        {
            sum += (bytes[i] << 8) + bytes[i + 1];
        }

        while (sum >> 16 != 0)
        {
            sum = (sum & 0xffff) + (sum >> 16);
        }

        (bytes[56], bytes[57]) = ((byte)(~sum >> 8), (byte)~sum);
        return Frame.FromBytes(bytes);
    }

    private static async Task<Fate> InConnectionAsync(RouterScene s, Func<uint, Frame> segment, bool twice = false)
    {
        using var listener = s.Host.ListenTcp(80);
        await s.SendAsync(Tcp(s, TcpFlags.Syn, sequence: 1000));
        var answer = await s.Vm.ReceiveAsync(f => f.Tcp is { } t && t.Flags.HasFlag(TcpFlags.Syn));
        var theirs = answer.Tcp!.Value.SequenceNumber + 1;
        await s.SendAsync(Tcp(s, TcpFlags.Ack, 1001, theirs));
        if (twice)
        {
            await s.SendAsync(segment(theirs));
        }

        return await s.SendAsync(segment(theirs));
    }

    private static async Task<Fate> FilteredAsync(BridgeScene s, string device, string where)
    {
        await s.B.DoAsync($"tc qdisc add dev {device} clsact");
        (await s.B.ExecAsync("tc", ["filter", "add", "dev", device, where, "bpf", "da", "bytecode", "1,6 0 0 2"])).EnsureSuccess();
        return await s.SendAsync();
    }
}
