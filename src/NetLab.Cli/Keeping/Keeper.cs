using System.Diagnostics;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using NetLab.Linux;
using NetLab.Linux.Processes;

namespace NetLab.Cli.Keeping;

/// <summary>
/// Keeps a lab, and does what commands ask of it. They come by a Unix socket that its owner alone reaches: the kernel says who connected (SO_PEERCRED), and
/// anybody else is hung up on before a word is read. The lab is this process's: when it ends, also by <c>kill -9</c>, nothing of the lab is left.
/// </summary>
internal sealed class Keeper : IAsyncDisposable
{
    private const int Waiting = 16;

    private readonly Socket _listener;
    private readonly Process _sweeper;
    private readonly CancellationTokenSource _ending = new();
    private readonly TaskCompletionSource _down = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly KeptLab _lab;

    private Keeper(KeptLab lab, string path, Socket listener)
    {
        _lab = lab;
        _listener = listener;
        _sweeper = Sweep(path);
        _ = AcceptAsync();
    }

    /// <summary>Completes when somebody asked for the end of the lab.</summary>
    public Task Down => _down.Task;

    /// <summary>Opens the door to a lab.</summary>
    /// <exception cref="InputException">The name is taken, or the folder of sockets cannot be used.</exception>
    public static Keeper Open(KeptLab lab)
    {
        KeptLabs.RequireName(lab.Name);
        KeptLabs.MakeFolder();
        if (KeptLabs.Names.Contains(lab.Name))
        {
            throw new InputException($"a lab '{lab.Name}' is up already; end it (netlab down {lab.Name}), or take another name: --name {lab.Name}-2");
        }

        var path = KeptLabs.SocketOf(lab.Name);
        var listener = new Socket(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
        try
        {
            listener.Bind(new UnixDomainSocketEndPoint(path));
            PrivateFiles.MakePrivate(path);
            listener.Listen(Waiting);
            return new Keeper(lab, path, listener);
        }
        catch (SocketException refused)
        {
            listener.Dispose();
            throw new InputException($"the socket {path} cannot be made: {refused.Message}");
        }
    }

    /// <summary>Closes the door. The lab is its owner's.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        _listener.Dispose();
        _sweeper.StandardInput.Close();
        await _sweeper.WaitForExitAsync().ConfigureAwait(false);
        _sweeper.Dispose();
        _ending.Dispose();
    }

    // A socket's file outlives a process that is killed. So somebody waits for the end of this one, by the end of a pipe, and takes the file away,
    // unless a later keeper has put its own there. What ends all programs of a terminal, as closing it does, is no matter to it.
    private static Process Sweep(string path)
    {
        const string Script = """
            trap '' HUP INT TERM
            exec 2>/dev/null
            mine=$(stat -c %i "$1"); echo
            read -r _
            [ "$(stat -c %i "$1")" != "$mine" ] || rm -f "$1"
            """;
        var sweeper = Process.Start(new ProcessStartInfo("sh", ["-c", Script, "netlab-sweeper", path])
            { RedirectStandardInput = true, RedirectStandardOutput = true, WorkingDirectory = "/" })!;
        _ = sweeper.StandardOutput.ReadLine();
        return sweeper;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var asker = await _listener.AcceptAsync(_ending.Token).ConfigureAwait(false);
                _ = Task.Run(() => ServeAsync(asker));
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The door is closed.
        }
    }

    private async Task ServeAsync(Socket asker)
    {
        using (asker)
        {
            if (DescriptorMessages.UserOf(asker) != OwnProcess.User)
            {
                return;
            }

            SafeFileHandle[] streams = [];
            try
            {
                (var message, streams) = DescriptorMessages.Receive(asker);
                if (streams.Length < 3)
                {
                    // Who only looks whether the lab is up says nothing.
                    return;
                }

                using var gone = CancellationTokenSource.CreateLinkedTokenSource(_ending.Token);
                var hangUp = WaitForEndAsync(asker, gone);
                var code = await DoAsync(asker, KeeperRequest.Of(message), streams, gone.Token).ConfigureAwait(false);
                DescriptorMessages.Send(asker, new KeeperReply(code).ToBytes());
                await hangUp.ConfigureAwait(false);
            }
            catch (LinuxException)
            {
                // Nobody waits for the answer any more.
            }
            finally
            {
                Array.ForEach(streams, stream => stream.Dispose());
                if (_lab.IsDown)
                {
                    _down.TrySetResult();
                }
            }
        }
    }

    private async Task<int> DoAsync(Socket asker, KeeperRequest request, SafeFileHandle[] streams, CancellationToken ct)
    {
        var terminal = Terminal.Of(streams[1], streams[2], request.Columns, request.Colours);
        try
        {
            return await _lab.DoAsync(new KeptCall(terminal, request, streams)
            {
                HandOver = handle => DescriptorMessages.Send(asker, new KeeperReply(null).ToBytes(), handle),
                Tell = lab => DescriptorMessages.Send(asker, new KeeperReply(null, lab.ToJsonString()).ToBytes()),
            }, ct).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            terminal.Say("netlab: interrupted; the lab stays up");
            return ExitCode.Interrupted;
        }
#pragma warning disable CA1031 // Each command ends with a message and a code of its own; the lab goes on.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return terminal.Fail(Failure.Of(exception, verbose: false), request.Options.ContainsKey("json"));
        }
    }

    // Nothing more is said by who asked: the end of its side is that it went away or was interrupted, or took note of the answer.
    private static async Task WaitForEndAsync(Socket asker, CancellationTokenSource gone)
    {
        try
        {
            _ = await asker.ReceiveAsync(new byte[1], gone.Token).ConfigureAwait(false);
        }
        catch (Exception ended) when (ended is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The end as well.
        }

        await gone.CancelAsync().ConfigureAwait(false);
    }
}
