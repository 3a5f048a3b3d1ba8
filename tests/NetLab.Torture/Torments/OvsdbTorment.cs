using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace NetLab.Torture;

/// <summary>
/// A daemon of Open vSwitch that answers JSON-RPC almost right, and breaks off: the caller gets an answer or an IOException, and never waits for ever.
/// </summary>
internal sealed class OvsdbTorment : ITorment
{
    private static readonly byte[][] Answers =
    [
        """{"id":0,"result":{"Bridge":{"initial":{"u":{"new":{"name":"br-int","ports":["set",[["uuid","1"]]]}}}}},"error":null}"""u8.ToArray(),
        """{"id":0,"result":"bridge br-int\n","error":null}"""u8.ToArray(),
        """{"id":0,"error":{"error":"constraint violation","details":"x"},"result":null}"""u8.ToArray(),
        """{"id":"echo","method":"echo","params":[]}{"id":0,"result":[{"uuid":["uuid","1"]}],"error":null}"""u8.ToArray(),
    ];

    public string Name => "ovsdb";

    public string Unit => "answers";

    public async Task<long> TurnAsync(Random random, CancellationToken ct)
    {
        var path = Path.Combine(Path.GetTempPath(), $"netlab-torture-{Guid.NewGuid():n}");
        var answer = Mutation.Of(random, Answers[random.Next(Answers.Length)], Answers[random.Next(Answers.Length)]);
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        try
        {
            listener.Listen();
            var serving = ServeAsync(listener, answer, ct);
            using var rpc = await OvsJsonRpc.ConnectAsync(path, ct).ConfigureAwait(false);
            await rpc.CallAsync(ct, ("transact", new JsonArray())).WaitAsync(TimeSpan.FromMinutes(1), ct).ConfigureAwait(false);
            await serving.ConfigureAwait(false);
        }
        catch (IOException)
        {
            // That is how an answer is refused that is none.
        }
        catch (Exception wrong) when (!ct.IsCancellationRequested)
        {
            throw new TortureException($"{Encoding.Latin1.GetString(answer)}: {wrong}");
        }
        finally
        {
            File.Delete(path);
        }

        return 1;
    }

    private static async Task ServeAsync(Socket listener, byte[] answer, CancellationToken ct)
    {
        using var peer = await listener.AcceptAsync(ct).ConfigureAwait(false);
        await peer.ReceiveAsync(new byte[4096], ct).ConfigureAwait(false);
        await peer.SendAsync(answer, ct).ConfigureAwait(false);
        peer.Shutdown(SocketShutdown.Send);
    }
}
