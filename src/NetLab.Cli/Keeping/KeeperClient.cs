using System.Net.Sockets;
using System.Text.Json.Nodes;
using NetLab.Linux;
using NetLab.Linux.Processes;
using NetLab.Linux.Terminals;

namespace NetLab.Cli.Keeping;

/// <summary>A command's side of the talk with a keeper.</summary>
internal static class KeeperClient
{
    /// <summary>Has the keeper do something, and waits for the end of it.</summary>
    /// <param name="terminal">Where the command writes.</param>
    /// <param name="lab">The lab's name.</param>
    /// <param name="request">What to do.</param>
    /// <param name="ct">Has the keeper end it.</param>
    /// <param name="told">Takes what the keeper tells of the lab.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> AskAsync(Terminal terminal, string lab, KeeperRequest request, CancellationToken ct, Action<JsonObject>? told = null)
    {
        using var socket = KeptLabs.Connect(lab);
        using var hangUp = ct.Register(() => socket.Shutdown(SocketShutdown.Send));
        var whole = request with
        {
            Columns = terminal.IsLive ? terminal.Width : null,
            Colours = terminal.Colours,
            IsAtTerminal = OwnProcess.IsTerminal(OwnProcess.Stream(0)) && OwnProcess.IsTerminal(OwnProcess.Stream(1)),
            Directory = Environment.CurrentDirectory,
            Term = Environment.GetEnvironmentVariable("TERM") ?? "dumb",
        };
        try
        {
            DescriptorMessages.Send(socket, whole.ToBytes(), OwnProcess.Stream(0), OwnProcess.Stream(1), OwnProcess.Stream(2));
            while (true)
            {
                var (message, descriptors) = await Task.Run(() => DescriptorMessages.Receive(socket), CancellationToken.None).ConfigureAwait(false);
                if (message.Length == 0)
                {
                    throw new InputException($"the lab '{lab}' is gone: its keeper has ended");
                }

                var reply = KeeperReply.Of(message);
                if (reply.Exit is { } code)
                {
                    return code;
                }

                if (reply.Told is { } json)
                {
                    told?.Invoke(JsonNode.Parse(json)!.AsObject());
                    continue;
                }

                using var program = descriptors[0];
                await Task.Run(() => TerminalRelay.Run(OwnProcess.Stream(0), OwnProcess.Stream(1), program, socket.SafeHandle), CancellationToken.None)
                    .ConfigureAwait(false);
            }
        }
        catch (LinuxException gone) when (gone.Errno is Errno.EPIPE or Errno.ECONNRESET)
        {
            throw new InputException($"the lab '{lab}' is gone: its keeper has ended");
        }
    }
}
