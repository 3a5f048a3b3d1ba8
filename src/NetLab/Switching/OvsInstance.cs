using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using NetLab.Linux;
using NetLab.Linux.Processes;

namespace NetLab;

/// <summary>
/// A private Open vSwitch: one ovsdb-server and one ovs-vswitchd in a node's network namespace, children of the lab's process group, with
/// all their files in the node's own <c>/run</c>. Nothing of it touches the machine's own Open vSwitch, and nothing outlives the lab.
/// </summary>
/// <remarks>
/// <para>Owns the two processes and what is asked of them. In other files: changes of bridges and ports (<c>OvsInstance.Database.cs</c>),
/// flow tables (<c>OvsInstance.Flows.cs</c>), waiting until all frames are through (<c>OvsInstance.Settle.cs</c>), looking
/// (<c>OvsInstance.State.cs</c>).</para>
/// <para>Safe for use by many threads; changes go one after the other.</para>
/// </remarks>
internal sealed partial class OvsInstance : IAsyncDisposable
{
    // Where the programs of the node see the files.
    private const string Inside = "/run/openvswitch";

    private const string SchemaPath = "/usr/share/openvswitch/vswitch.ovsschema";
    private static readonly Lazy<byte[]?> Schema = new(ReadSchema);

    private readonly ProcessGroup _group;
    private readonly Userland _userland;
    private readonly string _node;
    private readonly string _directory;
    private readonly SemaphoreSlim _oneChange = new(1);
    private readonly CancellationTokenSource _daemonEnded = new();
    private ChildProcess? _database;
    private ChildProcess? _daemon;

    private OvsInstance(ProcessGroup group, Userland userland, string node, TimeSpan patience)
    {
        _patience = patience;
        _group = group;
        _userland = userland;
        _node = node;
        _directory = Directory.CreateDirectory(userland.RunDirectory + "/openvswitch").FullName;
    }

    /// <summary>What ovs-vswitchd has logged so far.</summary>
    public string Log => Daemon.ErrorSoFar;

    /// <summary>The number of ovs-vswitchd's process.</summary>
    public int Pid => Daemon.Pid;

    /// <summary>Completes when ovs-vswitchd has ended, with its exit code: never, while all is well.</summary>
    public Task<int> Exited => Daemon.Exited;

    /// <summary>Whether bridges with datapath_type "system" are possible in it.</summary>
    public bool HasKernelDatapath { get; private set; }

    private ChildProcess Daemon => _daemon ?? throw new ObjectDisposedException(nameof(OvsInstance));

    /// <summary>Starts the two processes, and returns when ovs-vswitchd can be asked. It has no bridge yet.</summary>
    /// <param name="group">The lab's processes.</param>
    /// <param name="userland">The node's userland, with the network in which the bridges forward;
    /// the instance's files are in its <c>/run/openvswitch</c>, where programs of the node find it.</param>
    /// <param name="nodeName">The node's name, for messages.</param>
    /// <param name="ct">Gives up; what was started is ended.</param>
    /// <param name="kernelDatapath">Whether bridges with datapath_type "system" shall be possible. It makes the kernel look for its module openvswitch.</param>
    /// <param name="patience">How long a daemon that is stopped is waited for; by default as long as a lab does.</param>
    /// <exception cref="OvsException">Open vSwitch is not installed, or does not start.</exception>
    public static async Task<OvsInstance> StartAsync(ProcessGroup group, Userland userland, string nodeName, CancellationToken ct, bool kernelDatapath = false,
        TimeSpan? patience = null)
    {
        var instance = new OvsInstance(group, userland, nodeName, patience ?? new LabOptions().Patience);
        try
        {
            await instance.StartAsync(kernelDatapath, ct).ConfigureAwait(false);
            return instance;
        }
        catch
        {
            await instance.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Gives ovs-vswitchd a command, as ovs-appctl(8) does, and returns its answer. See <c>list-commands</c>.</summary>
    /// <exception cref="OvsException">The command is refused, or ovs-vswitchd has ended.</exception>
    public async Task<string> ControlAsync(string command, IReadOnlyList<string> arguments, CancellationToken ct) =>
        (await ControlAsync($"ask ovs-vswitchd for {command}", ct, (command, arguments)).ConfigureAwait(false))[0];

    /// <summary>Ends both processes. Open vSwitch's own devices go with them.</summary>
    public async ValueTask DisposeAsync()
    {
        _database?.Kill();
        if (_daemon is not null)
        {
            await _daemon.DisposeAsync().ConfigureAwait(false);
        }

        if (_database is not null)
        {
            await _database.DisposeAsync().ConfigureAwait(false);
        }

        if (!_group.Scratch.Handle.IsClosed && Directory.Exists(_directory))
        {
            Directory.Delete(_directory, recursive: true);
        }
    }

    private async Task StartAsync(bool kernelDatapath, CancellationToken ct)
    {
        HasKernelDatapath = kernelDatapath;
        const string doing = "start Open vSwitch";
        await CreateDatabaseAsync(doing, ct).ConfigureAwait(false);
        _database = await StartAsync(doing, "ovsdb-server", [$"{Inside}/conf.db", $"--remote=punix:{Inside}/db.sock"], ct).ConfigureAwait(false);
        _daemon = await StartAsync(doing, "ovs-vswitchd", [$"unix:{Inside}/db.sock", .. kernelDatapath ? (string[])[] : ["--disable-system"]], ct)
            .ConfigureAwait(false);
    }

    // What "ovsdb-tool create" writes is one record with the schema (ovsdb/log.c, ovsdb(5)): "OVSDB JSON", its length, its SHA-1, a newline, and the record,
    // which ends with a newline. So no program has to start for it; where the schema is not in its usual place, that one does.
    private async Task CreateDatabaseAsync(string doing, CancellationToken ct)
    {
        if (Schema.Value is { } record)
        {
            await File.WriteAllBytesAsync($"{_directory}/conf.db", record, ct).ConfigureAwait(false);
            return;
        }

        var created = await RunAsync(doing, "ovsdb-tool", ["create", $"{Inside}/conf.db"], null, ct).ConfigureAwait(false);
        if (created.ExitCode is not 0)
        {
            throw Failure(doing, created.Error);
        }
    }

    private static byte[]? ReadSchema()
    {
        if (!File.Exists(SchemaPath))
        {
            return null;
        }

        byte[] schema = [.. File.ReadAllBytes(SchemaPath).AsSpan().TrimEnd((byte)'\n'), (byte)'\n'];
#pragma warning disable CA5350 // The format asks for it, against damage, not against people.
        var digest = Convert.ToHexStringLower(SHA1.HashData(schema));
#pragma warning restore CA5350
        return [.. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"OVSDB JSON {schema.Length} {digest}\n")), .. schema];
    }

    // A daemon in the foreground: its log goes to its standard error, and says when it is ready by giving its version.
    private async Task<ChildProcess> StartAsync(string doing, string program, IReadOnlyList<string> arguments, CancellationToken ct)
    {
        ChildProcess process;
        try
        {
            process = _group.Start(Program(
                program,
                [.. arguments, $"--pidfile={Inside}/{program}.pid", $"--unixctl={Inside}/{program}.ctl", "--no-chdir", "-vsyslog:off", "-vconsole:info"]));
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT)
        {
            throw NotInstalled(doing, program, e);
        }

        try
        {
            await process.WaitForLineAsync(line => line.Contains("(Open vSwitch)", StringComparison.Ordinal), ct).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            await process.DisposeAsync().ConfigureAwait(false);
            throw e is ProcessFailedException ? Failure(doing, $"{program} ended at once:\n{LastLines(process.ErrorSoFar)}{Advice(process.ErrorSoFar)}", e) : e;
        }

        // ovs-appctl looks for a daemon's socket by the number of its process, as the daemon counts.
        var number = (await File.ReadAllTextAsync($"{_directory}/{program}.pid", ct).ConfigureAwait(false)).Trim();
        File.CreateSymbolicLink($"{_directory}/{program}.{number}.ctl", $"{program}.ctl");
        _ = process.Exited.ContinueWith(_ => _daemonEnded.Cancel(), TaskScheduler.Default);
        return process;
    }

    // Runs one of Open vSwitch's programs to its end. The daemon that it waits for may end first: then it would wait for ever.
    private async Task<ProcessResult> RunAsync(string doing, string program, IReadOnlyList<string> arguments, string? input, CancellationToken ct)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, _daemonEnded.Token);
        try
        {
            return await AnsweredAsync(doing, wait => _group.RunAsync(Program(program, arguments), input, wait), either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw Ended(doing);
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT)
        {
            throw NotInstalled(doing, program, e);
        }
    }

    private ProcessStart Program(string program, IReadOnlyList<string> arguments) => new(program, arguments)
    {
        Userland = _userland,
        Privileges = Privileges.OfNodes,

        // The directories in which Open vSwitch makes its files; a core file goes where the program started.
        Environment = new Dictionary<string, string> { ["OVS_RUNDIR"] = Inside, ["OVS_LOGDIR"] = Inside, ["OVS_DBDIR"] = Inside, ["OVS_SYSCONFDIR"] = Inside },
        WorkingDirectory = Inside,

        // With its first bridge of user space ovs-vswitchd sleeps for 100 ms to learn how fast the processor's clock counts, for statistics of polling
        // threads (pmd_perf_estimate_tsc_frequency in lib/dpif-netdev-perf.c). It measures as well what is shorter.
        SkipsSleeps = program is "ovs-vswitchd",
    };

    // Several commands on a connection of their own: ovs-vswitchd does them one after the other with nothing in between.
    private async Task<string[]> ControlAsync(string doing, CancellationToken ct,
        params IReadOnlyList<(string Command, IReadOnlyList<string> Arguments)> commands)
    {
        var answers = await AskAsync("ovs-vswitchd.ctl", doing, ct, [.. commands.Select(c => (c.Command, Words(c.Arguments)))]).ConfigureAwait(false);
        return answers.FirstOrDefault(a => a.Failed) is { } failed ? throw Failure(doing, failed.Text) : [.. answers.Select(a => a.Text)];
    }

    private async Task<IReadOnlyList<OvsAnswer>> AskAsync(string socket, string doing, CancellationToken ct,
        params IReadOnlyList<(string Method, JsonArray Parameters)> requests)
    {
        try
        {
            return await AnsweredAsync(doing, async wait =>
            {
                using var connection = await OvsJsonRpc.ConnectAsync($"{_directory}/{socket}", wait).ConfigureAwait(false);
                return await connection.CallAsync(wait, requests).ConfigureAwait(false);
            }, ct).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            // The connection broke because a daemon ended, most likely. The kernel may tell of the two in either order.
            for (var wait = new Patience(_patience, new ProcessorWait(() => [Daemon.Pid, _database!.Pid]).Look, TimeProvider.System);
                !Daemon.Exited.IsCompleted && !_database!.Exited.IsCompleted && !wait.IsOver;)
            {
                await Task.WhenAny(Daemon.Exited, _database!.Exited, Task.Delay(wait.NextLook, ct)).ConfigureAwait(false);
            }

            throw _daemonEnded.IsCancellationRequested || Daemon.Exited.IsCompleted || _database!.Exited.IsCompleted ? Ended(doing, e)
                : Failure(doing, e.Message, e);
        }
    }

    // tmpfile(3), which knows no other place.
    private static string Advice(string error) =>
        error.Contains("temporary file", StringComparison.Ordinal) ? "\nIt writes that to /tmp, which has to be writable and to have some room" : "";

    private static JsonArray Words(IEnumerable<string> words) => [.. words.Select(w => (JsonNode)w)];

    private OvsException NotInstalled(string doing, string program, LinuxException e) =>
        Failure(doing, $"there is no program {program} on this machine. Install Open vSwitch: apt-get install openvswitch-switch (the " +
            $"service it brings need not run)", e);

    private OvsException Failure(string doing, string answer, Exception? inner = null) => new($"{doing} in node {_node}", answer, inner);

    private OvsException Ended(string doing, Exception? inner = null)
    {
        var (name, process) = _database!.Exited.IsCompleted ? ("ovsdb-server", _database) : ("ovs-vswitchd", Daemon);
        return Failure(doing, $"{name} has ended with exit code {process.Exited.Result}. The last lines of its log:\n{LastLines(process.ErrorSoFar)}", inner);
    }

    private static string LastLines(string log) => string.Join('\n', log.TrimEnd('\n').Split('\n').TakeLast(10).Select(line => $"  {line}"));
}
