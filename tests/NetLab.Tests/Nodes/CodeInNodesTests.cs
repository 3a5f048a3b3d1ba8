using System.Net;
using System.Net.Sockets;
using System.Text;
using NetLab.Linux;
using NetLab.Linux.Processes;
using NetLab.Packets;
using NetLab.Xunit;


namespace NetLab.Tests.Nodes;

/// <summary>Sockets of this process born in nodes, code run in nodes, and programs started in nodes.</summary>
public sealed class CodeInNodesTests : IAsyncLifetime
{
    private readonly Lab _lab = new();
    private readonly Node _a, _b;

    public CodeInNodesTests()
    {
        var bridge = _lab.AddNode("sw").AddBridge("br0");
        _a = _lab.AddHost("a", bridge, "10.0.0.1/24");
        _b = _lab.AddHost("b", bridge, "10.0.0.2/24");
    }

    public Task InitializeAsync() => _lab.ApplyAsync();

    public Task DisposeAsync() => _lab.DisposeAsync().AsTask();

    [LabFact]
    public async Task Tcp_from_node_to_node()
    {
        using var listener = _a.ListenTcp(7000);
        var accepting = listener.AcceptTcpClientAsync();
        await using var client = await _b.ConnectAsync(IPAddress.Parse("10.0.0.1"), 7000);
        using var accepted = await accepting;
        await client.WriteAsync("question"u8.ToArray());
        var buffer = new byte[8];
        await accepted.GetStream().ReadExactlyAsync(buffer);
        Assert.Equal("question", Encoding.ASCII.GetString(buffer));
        Assert.Equal("10.0.0.2", ((IPEndPoint)accepted.Client.RemoteEndPoint!).Address.ToString());
    }

    [LabFact]
    public async Task The_machine_itself_does_not_see_the_listener()
    {
        using var listener = _a.ListenTcp(7000, IPAddress.Any);
        using var outside = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        var e = await Assert.ThrowsAsync<SocketException>(() => outside.ConnectAsync(IPAddress.Loopback, 7000));
        Assert.Equal(SocketError.ConnectionRefused, e.SocketErrorCode);
    }

    [LabFact]
    public async Task Udp_from_node_to_node()
    {
        using UdpClient server = _a.OpenUdp(5000), client = _b.OpenUdp();
        await client.SendAsync("hi"u8.ToArray(), new IPEndPoint(IPAddress.Parse("10.0.0.1"), 5000));
        Assert.Equal("hi"u8.ToArray(), (await server.ReceiveAsync()).Buffer);
    }

    [LabFact]
    public async Task What_waits_at_a_socket_of_a_node_ends_with_the_lab()
    {
        var listener = _a.ListenTcp(7000);
        var client = _a.OpenUdp(5000);
        await using var stream = await _b.ConnectAsync(IPAddress.Parse("10.0.0.1"), 7000);
        using var accepted = await listener.AcceptTcpClientAsync();
        Task accepting = listener.AcceptTcpClientAsync(), receiving = client.ReceiveAsync();
        var reading = accepted.GetStream().ReadAsync(new byte[1]).AsTask();

        await _lab.DisposeAsync();

        await Assert.ThrowsAnyAsync<Exception>(() => accepting.WaitAsync(TimeSpan.FromMinutes(1)));
        await Assert.ThrowsAnyAsync<Exception>(() => receiving.WaitAsync(TimeSpan.FromMinutes(1)));
        Assert.True(accepting.IsCompleted && receiving.IsCompleted, "something still waits");
        Assert.Equal(0, await reading.WaitAsync(TimeSpan.FromMinutes(1)));
    }

    [LabFact]
    public async Task An_error_of_a_socket_names_the_node_the_address_and_the_port()
    {
        var refused = await Assert.ThrowsAsync<NodeSocketException>(() => _b.ConnectAsync(IPAddress.Parse("10.0.0.1"), 7001));
        Assert.Equal(
            "Node b cannot connect to 10.0.0.1:7001: Connection refused. The host is reached, and nothing listens at that port and address there.",
                refused.Message);
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);

        var noRoute = await Assert.ThrowsAsync<NodeSocketException>(() => _b.ConnectAsync(IPAddress.Parse("192.0.2.1"), 80));
        Assert.Equal(
            "Node b cannot connect to 192.0.2.1:80: Network is unreachable. The node has no route there; its addresses are 10.0.0.2/24.", noRoute.Message);

        (await _b.ExecAsync("ip", "route", "add", "blackhole", "192.0.2.2")).EnsureSuccess();
        var forbidden = await Assert.ThrowsAsync<NodeSocketException>(() => _b.ConnectAsync(IPAddress.Parse("192.0.2.2"), 80));
        Assert.EndsWith("A route or rule of type blackhole lets nothing of the node go there: ip route get 192.0.2.2, and ip rule, in node b.",
            forbidden.Message);

        var linkLocal = await Assert.ThrowsAsync<NodeSocketException>(() => _b.ConnectAsync(IPAddress.Parse("fe80::1"), 80));
        Assert.EndsWith("A link-local address needs its device: fe80::1%eth0.", linkLocal.Message);

        using var listener = _a.ListenTcp(7000);
        Assert.StartsWith(
            "Node a cannot listen at 0.0.0.0:7000: Address already in use.", Assert.Throws<NodeSocketException>(() => _a.ListenTcp(7000)).Message);
        var foreign = Assert.Throws<NodeSocketException>(() => _a.BindTcp(new IPEndPoint(IPAddress.Parse("10.0.0.2"), 80)));
        Assert.EndsWith("The node has no such address; it has 10.0.0.1/24.", foreign.Message);
        await _a.ExecAsync("ip", "address", "add", "10.0.9.1/24", "dev", "eth0");
        Assert.EndsWith("The node has no such address; it has 10.0.0.1/24, 10.0.9.1/24.", foreign.Message);
        await _a.ExecAsync("ip", "address", "del", "10.0.0.1/24", "dev", "eth0");
        Assert.EndsWith("The node has no such address; it has 10.0.9.1/24.", foreign.Message);
        await _b.ExecAsync("ip", "address", "add", "10.0.9.2/24", "dev", "eth0");
        Assert.True((await _b.PingAsync(_a)).Succeeded);
        await _a.ExecAsync("ip", "address", "flush", "dev", "eth0");
        Assert.False((await _b.PingAsync(_a)).Succeeded);
        using var client = _a.OpenUdp(5000);
        Assert.StartsWith("Node a cannot bind 0.0.0.0:5000: Address already in use.", Assert.Throws<NodeSocketException>(() => _a.OpenUdp(5000)).Message);
    }

    [LabFact]
    public async Task An_HTTP_client_of_a_node_says_so_too()
    {
        using var http = _b.CreateHttpClient();

        var failure = await Assert.ThrowsAsync<HttpRequestException>(() => http.GetStringAsync("http://a:8080/"));

        Assert.Contains("Node b cannot connect to 10.0.0.1:8080", failure.Message);
    }

    [LabFact]
    public async Task Asynchronous_code_inside_a_node_is_refused()
    {
        var overloads = typeof(Node).GetMethods().Where(m => m.Name == nameof(Node.RunAsync));
        Assert.Equal(2, overloads.Count(m => m.GetCustomAttributes(typeof(ObsoleteAttribute), false) is [ObsoleteAttribute { IsError: true }]));
        var refused = await Assert.ThrowsAsync<ArgumentException>(() => _a.RunAsync(() => ValueTask.CompletedTask));
        Assert.Contains("after the first await", refused.Message);
        await Assert.ThrowsAsync<ArgumentException>(() => _a.RunAsync(() => ValueTask.FromResult(1)));
        await Assert.ThrowsAsync<ArgumentException>(() => _a.RunAsync(Later));

        static async void Later() => await Task.Yield();
    }

    [LabFact]
    public async Task A_program_is_started_as_it_is_run()
    {
        Assert.Equal("a b\n", (await _a.ExecAsync("echo", "a", "b")).Output);
        Assert.Equal("a b\n", (await _a.ExecAsync("echo", ["a", "b"])).Output);
        IReadOnlyList<string> words = ["a", "b"];
        Assert.Equal(0, await _a.Start("echo", words).Exited);
    }

    [LabFact]
    public async Task Code_runs_inside_the_node()
    {
        var inside = await _a.RunAsync(() => File.ResolveLinkTarget("/proc/thread-self/ns/net", false)!.Name);
        Assert.Equal($"net:[{_a.NamespaceInode}]", inside);
        Assert.Equal("net:[" + NetworkNamespace.OfThisProcess().Inode + "]", File.ResolveLinkTarget("/proc/thread-self/ns/net", false)!.Name);
    }

    [LabFact]
    public async Task Code_that_leaves_threads_inside_is_reported()
    {
        using var stay = new ManualResetEventSlim();
        var e = await Assert.ThrowsAsync<InvalidOperationException>(() =>
            _a.RunAsync(() => new Thread(stay.Wait) { IsBackground = true, Name = "left-behind" }.Start()));
        stay.Set();
        Assert.Contains("left-behind", e.Message, StringComparison.Ordinal);
    }

    [LabFact]
    public async Task A_program_runs_in_the_node_and_its_words_and_exit_code_come_back()
    {
        var result = await _a.ExecAsync("sh", ["-c", "ip -o -4 addr show dev eth0; echo oops >&2; exit 3"]);
        Assert.Contains("10.0.0.1/24", result.Output, StringComparison.Ordinal);
        Assert.Equal("oops\n", result.Error);
        Assert.Equal(3, result.ExitCode);
    }

    [LabFact]
    public async Task A_program_sees_the_devices_of_its_node_in_sysfs() =>
        Assert.Equal("eth0\nlo\n", (await _a.ExecAsync("ls", ["/sys/class/net"])).Output);

    [LabFact]
    public void A_program_that_does_not_exist_is_named()
    {
        var e = Assert.ThrowsAny<Exception>(() => _a.Start("no-such-program-here"));
        Assert.Contains("no-such-program-here", e.Message, StringComparison.Ordinal);
    }

    [LabFact]
    public async Task What_a_program_wrote_steers_no_terminal_from_a_failure()
    {
        string[] hostile = ["-c", "printf '\\033]0;owned\\007\\302\\233\\342\\200\\256 grüße\\r\\n' >&2; exit 3"];
        var failed = Assert.Throws<ProcessFailedException>((await _a.ExecAsync("sh", hostile)).EnsureSuccess);
        var ended = await Assert.ThrowsAsync<ProcessFailedException>(() => _a.Start("sh", hostile).WaitForLineAsync(_ => false));
        var late = await Assert.ThrowsAsync<TimeoutException>(() =>
            _a.Start("sh", "-c", hostile[1].Replace("exit 3", "sleep 1000", StringComparison.Ordinal)).WaitForLineAsync(_ => false, TimeSpan.FromSeconds(0.3)));
        var refused = await Assert.ThrowsAsync<RulesetException>(() => _a.LoadRulesetAsync("add table \u001b]0;owned\u0007\u202e"));
        Assert.All((string[])[failed.Message, ended.Message, late.Message, refused.Message],
            message => Assert.All(message.Replace("\t", "", StringComparison.Ordinal).ReplaceLineEndings("\n").Split('\n'),
                line => Assert.True(PlainText.IsPlain(line), line)));
        Assert.Contains("grüße", failed.Message, StringComparison.Ordinal);
        Assert.Contains("\u001b]0;owned\u0007", failed.Error, StringComparison.Ordinal);
    }

    [LabFact]
    public async Task A_program_dies_with_the_lab()
    {
        var process = _a.Start("sleep", "1000");
        await _lab.DisposeAsync();
        Assert.Equal(128 + 9, await process.Exited);
    }

    [LabFact]
    public async Task Nothing_of_the_runtime_stays_in_a_node()
    {
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(async () =>
        {
            using var client = _a.OpenUdp();
            await client.SendAsync("x"u8.ToArray(), new IPEndPoint(IPAddress.Parse("10.0.0.2"), 9));
            _ = await _b.ExecAsync("true", []);
            await Task.Delay(1);
        })));
        foreach (var node in _lab.Nodes)
        {
            using var ns = NetworkNamespace.OpenPath($"/proc/self/fd/{node.Live.Namespace.Handle.DangerousGetHandle()}");
            Assert.Empty(NamespaceThread.ThreadsIn(ns));
        }
    }
}
