using System.Net.Sockets;
using System.Text;

namespace NetLab.Tests;

/// <summary>The connection to a daemon, against one that answers in odd ways.</summary>
public class OvsJsonRpcTests
{
    [Fact]
    public async Task Answers_may_come_in_pieces_in_any_order_and_among_questions()
    {
        var said = """{"method":"echo","params":[],"id":0}{"id":1,"result":"two\n","error":null}  {"id":7,"result":"whose?"}"""
            + """{"error":"one's é error\n","id":0}""";

        var answers = await AskAsync(async server =>
        {
            foreach (var piece in Encoding.UTF8.GetBytes(said).Chunk(3))
            {
                await server.SendAsync(piece);
            }
        });

        Assert.Equal([(true, "one's é error"), (false, "two")], answers.Select(a => (a.Failed, a.Text)));
    }

    [Fact]
    public async Task An_answer_larger_than_any_buffer_is_whole()
    {
        var large = new string('x', 300_000);

        var answers = await AskAsync(server =>
            server.SendAsync(Encoding.UTF8.GetBytes(
                """{"id":0,"result":"LARGE"}{"id":1,"result":{"a":[1]}}""".Replace("LARGE", large, StringComparison.Ordinal))));

        Assert.Equal([large, """{"a":[1]}"""], answers.Select(a => a.Text));
    }

    [Fact]
    public async Task A_connection_that_is_closed_before_the_answer_is_an_error()
    {
        await Assert.ThrowsAsync<IOException>(() => AskAsync(async server =>
        {
            await server.SendAsync("""{"id":0,"res"""u8.ToArray());
            server.Close();
        }));
    }

    private static async Task<IReadOnlyList<OvsAnswer>> AskAsync(Func<Socket, Task> server)
    {
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        using var scratch = NetLab.Linux.Processes.ScratchDirectory.Create();
        listener.Bind(new UnixDomainSocketEndPoint($"{scratch.Path}/s"));
        listener.Listen();
        var serving = Task.Run(async () =>
        {
            using var socket = await listener.AcceptAsync();
            var question = new byte[1000];
            var text = "";
            while (!text.EndsWith("\"id\":1}", StringComparison.Ordinal))
            {
                text += Encoding.UTF8.GetString(question, 0, await socket.ReceiveAsync(question));
            }

            await server(socket);
            return text;
        });
        using var rpc = await OvsJsonRpc.ConnectAsync($"{scratch.Path}/s", default);
        var answers = await rpc.CallAsync(default, ("first", ["a", "b\""]), ("second", []));
        Assert.Equal("""{"method":"first","params":["a","b\u0022"],"id":0}{"method":"second","params":[],"id":1}""", await serving);
        return answers;
    }
}
