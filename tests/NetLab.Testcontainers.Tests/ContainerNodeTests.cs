using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;
using DotNet.Testcontainers.Containers;
using NetLab.Linux;
using NetLab.Packets;
using NetLab.Scenarios;

namespace NetLab.Tests;

/// <summary>Running containers as nodes: what serves in them is reached, frames are followed into them, and they are left as they were.</summary>
public sealed class ContainerNodeTests : IClassFixture<ServerImage>
{
    private const string Looks =
        "ls /sys/class/net; cat /proc/net/route /proc/net/arp /proc/net/if_inet6; cat /proc/sys/net/ipv6/conf/default/* /proc/sys/net/ipv4/ip_forward";

    [EngineFact]
    public async Task Redis_and_nginx_in_containers_are_nodes_behind_a_router_and_are_left_as_they_were()
    {
        await using IContainer nginx = ServerImage.Nginx(), redis = ServerImage.Redis();
        await Task.WhenAll(nginx.StartAsync(), redis.StartAsync());
        var before = await InsideAsync(nginx, Looks);
        await using (var lab = new Lab())
        {
            Bridge office = lab.AddNode("office").AddBridge("br0"), servers = lab.AddNode("servers").AddBridge("br0");
            var router = lab.AddNode("router");
            router.Forwarding = true;
            lab.AddLink(router.End("eth0", "10.0.1.1/24"), office);
            lab.AddLink(router.End("eth1", "10.0.2.1/24"), servers);
            Node web = lab.AddContainer(nginx, "web", servers, "10.0.2.2/24"), db = lab.AddContainer(redis, "db", servers, "10.0.2.3/24");
            var client = lab.AddHost("client", office, "10.0.1.9/24");
            var vm = office.Node.AddVm("vm", office, v => v.Address("10.0.1.8/24").Gateway("10.0.1.1"));
            web.AddRoute("10.0.1.0/24", via: "10.0.2.1");
            db.AddRoute("10.0.1.0/24", via: "10.0.2.1");
            client.AddRoute("10.0.2.0/24", via: "10.0.1.1");
            await lab.ApplyAsync();

            (await client.PingAsync(web)).ShouldSucceed();
            using var http = client.CreateHttpClient();
            Assert.Contains("nginx", await http.GetStringAsync("http://10.0.2.2/"), StringComparison.Ordinal);
            Assert.Equal("+PONG", await AskRedisAsync(client, "10.0.2.3"));
            (await vm.PingAsync(db)).ShouldSucceed();

            var gateway = await vm.ResolveAsync(vm.Gateway!);
            var question = Frame.Tcp(
                vm.Mac, gateway, Ipv4Address.Parse("10.0.1.8"), Ipv4Address.Parse("10.0.2.3"),
                    new TcpSegment { SourcePort = 40_000, DestinationPort = 6379, Flags = TcpFlags.Syn, Window = 1000 });
            var fate = await vm.SendAsync(question);
            fate.ShouldReach(db);
            await router.LoadRulesetAsync("table inet guard { chain f { type filter hook forward priority 0; tcp dport 6379 drop comment \"no-redis\"; }\n}");
            var dropped = await vm.SendAsync(question);
            var failure = Assert.Throws<ForwardingException>(() => dropped.ShouldReach(db));
            Assert.Contains("no-redis", failure.Message, StringComparison.Ordinal);

            // A rule inside the container is named as well as any.
            await db.LoadRulesetAsync("table inet own { chain i { type filter hook input priority 0; udp dport 6380 drop comment \"not-here\"; }\n}");
            var inside = await vm.SendAsync(Frame.Udp(vm.Mac, gateway, vm.Address, IPAddress.Parse("10.0.2.3"), 40_000, 6380, "hello"u8));
            Assert.Contains("not-here", Assert.Throws<ForwardingException>(() => inside.ShouldReach(db)).Message, StringComparison.Ordinal);

            var state = (await db.ReadStateAsync()).ToString();
            Assert.Contains("10.0.2.3/24", state, StringComparison.Ordinal);
            Assert.Contains("not-here", state, StringComparison.Ordinal);
        }

        Assert.Equal(before, await InsideAsync(nginx, Looks));
        Assert.Equal(TestcontainersStates.Running, redis.State);
        using var left = NetworkNamespace.OpenProcess(await PidOfAsync(redis));
        Assert.Empty(Linux.Netfilter.NftTables.Read(left));
    }

    [EngineFact]
    public async Task A_node_survives_the_restart_of_its_container()
    {
        await using var redis = ServerImage.Redis();
        await redis.StartAsync();
        await using var lab = new Lab();
        var bridge = lab.AddNode("switch").AddBridge("br0");
        var db = lab.AddContainer(redis, "db", bridge, "10.0.0.5/24");
        var client = lab.AddHost("client", bridge, "10.0.0.9/24");
        var vm = bridge.Node.AddVm("vm", bridge, v => v.Address("10.0.0.8/24"));
        db.AddRoute("10.9.0.0/16", via: "10.0.0.9");
        await lab.ApplyAsync();
        Assert.Equal("+PONG", await AskRedisAsync(client, "10.0.0.5"));
        Assert.False(await db.ReattachAsync());
        var first = db.NamespaceInode;
        (await vm.PingAsync(db)).ShouldSucceed();

        await redis.StopAsync();
        await redis.StartAsync();
        Assert.True(await db.ReattachAsync());
        Assert.NotEqual(first, db.NamespaceInode);
        Assert.Equal("+PONG", await AskRedisAsync(client, "10.0.0.5"));
        Assert.Contains("10.9.0.0/16 via 10.0.0.9", (await db.ReadStateAsync()).ToString(), StringComparison.Ordinal);
        (await vm.PingAsync(db)).ShouldSucceed().Fate.ShouldReach(db).Via("vm", "tap-vm", "br0", "db", "lab0");
    }

    [EngineFact]
    public async Task A_container_is_found_by_id_and_by_process_and_what_it_has_of_its_own_stays()
    {
        await using IContainer one = ServerImage.Nginx("bridge"), two = ServerImage.Nginx();
        await Task.WhenAll(one.StartAsync(), two.StartAsync());
        var before = await InsideAsync(one, Looks);
        await using (var lab = new Lab())
        {
            var bridge = lab.AddNode("switch").AddBridge("br0");
            Node a = lab.AddContainer(one.Id, "a", bridge, "10.77.0.1/24"), b = lab.AddContainer(await PidOfAsync(two), "b", bridge, "10.77.0.2/24");
            await lab.ApplyAsync();
            (await a.PingAsync(b)).ShouldSucceed();
            Assert.Contains("eth0", (await a.ReadStateAsync()).ToString(), StringComparison.Ordinal);
        }

        Assert.Equal(before, await InsideAsync(one, Looks));

        await using var other = new Lab();
        var on = other.AddNode("switch").AddBridge("br0");
        other.AddContainer(one, "a", on, "10.77.0.1/24", device: "eth0");
        Assert.Contains("has a device 'eth0' already", (await Assert.ThrowsAsync<TopologyException>(() => other.ApplyAsync())).Message,
            StringComparison.Ordinal);
    }

    [EngineFact]
    public async Task A_scenario_has_a_container_as_a_node()
    {
        await using var redis = ServerImage.Redis();
        await redis.StartAsync();
        var yaml = ExampleOfContainer().Replace("redis-1", redis.Id[..12], StringComparison.Ordinal);
        await using (var run = ScenarioRun.Describe(ScenarioDocument.Parse(yaml)))
        {
            await foreach (var happening in run.PlayAsync())
            {
                _ = happening;
            }

            Assert.True(run.Succeeded);
        }

        await redis.StopAsync();
        await using var refused = ScenarioRun.Describe(ScenarioDocument.Parse(yaml));
        var told = await Assert.ThrowsAsync<ScenarioException>(async () => await refused.PlayAsync().GetAsyncEnumerator().MoveNextAsync());
        Assert.Contains("which does not run (exited", Assert.Single(told.Diagnostics).ToString(), StringComparison.Ordinal);
        Assert.Equal(6, told.Diagnostics[0].At.Line);
    }

    // The one of the page about scenarios.
    private static string ExampleOfContainer([CallerFilePath] string here = "")
    {
        var page = File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, "../../docs/scenarios.md"));
        var begin = page.IndexOf("name: A running container as a node", StringComparison.Ordinal);
        return page[begin..page.IndexOf("```", begin, StringComparison.Ordinal)];
    }

    [EngineFact]
    public async Task What_cannot_be_a_node_is_told()
    {
        await using IContainer never = ServerImage.Redis(), host = ServerImage.Nginx("host"), stopped = ServerImage.Redis();
        await RefusedAsync("await container.StartAsync() before", lab => lab.AddContainer(never, "n"));
        await RefusedAsync("the engine has none of that name or id",
            lab => lab.AddContainer("no-such-container", "n", lab.AddNode("s").AddBridge("br0"), "10.0.0.1/24"));
        await RefusedAsync("it has ended", lab => lab.AddContainer(int.MaxValue - 1, "n", lab.AddNode("s").AddBridge("br0"), "10.0.0.1/24"));
        await RefusedAsync("the network namespace of this process",
            lab => lab.AddContainer(Environment.ProcessId, "n", lab.AddNode("s").AddBridge("br0"), "10.0.0.1/24"));
        await stopped.StartAsync();
        await stopped.StopAsync();
        await RefusedAsync("does not run (exited", lab => lab.AddContainer(stopped, "n"));
        Assert.DoesNotContain("lab0", System.Net.NetworkInformation.NetworkInterface.GetAllNetworkInterfaces().Select(i => i.Name));
    }

    private static async Task RefusedAsync(string words, Func<Lab, Node> add)
    {
        await using var lab = new Lab();
        add(lab);
        Assert.Contains(words, (await Assert.ThrowsAsync<TopologyException>(() => lab.ApplyAsync())).Message, StringComparison.Ordinal);
    }

    // Redis may still be on its way to its socket; it answers, or the connection is refused.
    private static async Task<string> AskRedisAsync(Node from, string address)
    {
        for (var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1)); ; await Task.Delay(50, patience.Token))
        {
            try
            {
                await using var stream = await from.ConnectAsync(IPAddress.Parse(address), 6379, patience.Token);
                await stream.WriteAsync("PING\r\n"u8.ToArray(), patience.Token);
                var answer = new byte[100];
                return Encoding.ASCII.GetString(answer, 0, await stream.ReadAsync(answer, patience.Token)).TrimEnd();
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
            {
                continue;
            }
        }
    }

    private static async Task<string> InsideAsync(IContainer container, string script)
    {
        var result = await container.ExecAsync(["sh", "-c", script + " 2>/dev/null; true"]);
        return result.ExitCode == 0 ? result.Stdout : throw new InvalidOperationException(result.Stderr);
    }

    private static async Task<int> PidOfAsync(IContainer container)
    {
        using var engine = ContainerEngine.Connect();
        return int.Parse((await engine.Containers.InspectContainerAsync(container.Id)).State!.Pid.ToString(CultureInfo.InvariantCulture),
            CultureInfo.InvariantCulture);
    }
}
