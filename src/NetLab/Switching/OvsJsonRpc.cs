using System.Buffers;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace NetLab;

/// <summary>
/// One connection to a daemon of Open vSwitch over its unix socket, in JSON-RPC 1.0: the control socket of ovs-vswitchd (ovs-appctl(8),
/// lib/unixctl.man) and the database socket of ovsdb-server (RFC 7047) both speak it. Messages follow each other without a separator.
/// </summary>
internal sealed class OvsJsonRpc : IDisposable
{
    private readonly Socket _socket;
    private byte[] _received = new byte[4096];
    private int _length;

    private OvsJsonRpc(Socket socket) => _socket = socket;

    /// <summary>Connects. Throws <see cref="SocketException"/> when nobody listens.</summary>
    public static async Task<OvsJsonRpc> ConnectAsync(string path, CancellationToken ct)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), ct).ConfigureAwait(false);
            return new OvsJsonRpc(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Sends the requests in one piece and returns the answers in the order of the requests. A daemon reads up to ten requests of a
    /// connection before it does anything else, so nothing comes between them.
    /// </summary>
    public async Task<IReadOnlyList<OvsAnswer>> CallAsync(CancellationToken ct, params IReadOnlyList<(string Method, JsonArray Parameters)> requests)
    {
        var buffer = new ArrayBufferWriter<byte>();
        for (var id = 0; id < requests.Count; id++)
        {
            using var writer = new Utf8JsonWriter(buffer);
            writer.WriteStartObject();
            writer.WriteString("method", requests[id].Method);
            writer.WritePropertyName("params");
            requests[id].Parameters.WriteTo(writer);
            writer.WriteNumber("id", id);
            writer.WriteEndObject();
        }

        for (var rest = buffer.WrittenMemory; rest.Length > 0;)
        {
            rest = rest[await _socket.SendAsync(rest, ct).ConfigureAwait(false)..];
        }

        var answers = new OvsAnswer?[requests.Count];
        for (var missing = requests.Count; missing > 0;)
        {
            using var message = await ReceiveAsync(ct).ConfigureAwait(false);
            var root = message.RootElement;

            // The other side may ask things too ("echo" keeps a quiet database connection alive): those have a method and are none of ours.
            if (root.ValueKind is not JsonValueKind.Object || root.TryGetProperty("method", out _) || !root.TryGetProperty("id", out var named)
                || named.ValueKind is not JsonValueKind.Number || !named.TryGetInt32(out var id) || id < 0 || id >= answers.Length || answers[id] is not null)
            {
                continue;
            }

            answers[id] = new OvsAnswer(Part(root, "result"), Part(root, "error"));
            missing--;
        }

        return answers!;
    }

    public void Dispose() => _socket.Dispose();

    // The control socket leaves out the one of the two that is null.
    private static JsonElement? Part(JsonElement message, string name) =>
        message.TryGetProperty(name, out var part) && part.ValueKind is not JsonValueKind.Null ? part.Clone() : null;

    private async Task<JsonDocument> ReceiveAsync(CancellationToken ct)
    {
        while (true)
        {
            if (_length > 0 && TryParse(out var message))
            {
                return message;
            }

            if (_length == _received.Length)
            {
                Array.Resize(ref _received, _received.Length * 2);
            }

            var count = await _socket.ReceiveAsync(_received.AsMemory(_length), ct).ConfigureAwait(false);
            if (count is 0)
            {
                throw new IOException("the connection was closed before the answer came");
            }

            _length += count;
        }
    }

    private bool TryParse(out JsonDocument message)
    {
        var reader = new Utf8JsonReader(_received.AsSpan(0, _length), isFinalBlock: false, default);
        try
        {
            if (!JsonDocument.TryParseValue(ref reader, out message!))
            {
                return false;
            }
        }
        catch (JsonException broken)
        {
            throw new IOException($"what came over the connection is no JSON: {broken.Message}");
        }

        _length -= (int)reader.BytesConsumed;
        _received.AsSpan((int)reader.BytesConsumed, _length).CopyTo(_received);
        return true;
    }
}

/// <summary>What a daemon answered: one of the two is there.</summary>
internal sealed record OvsAnswer(JsonElement? Result, JsonElement? Error)
{
    public bool Failed => Error is not null;

    /// <summary>The answer as text, without the line end that the daemon adds.</summary>
    public string Text => (Error ?? Result) switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString()!.TrimEnd('\n'),
        { } other => other.GetRawText(),
        null => "",
    };
}
