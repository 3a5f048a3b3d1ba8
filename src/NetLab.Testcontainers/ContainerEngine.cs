using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Docker.DotNet;
using DotNet.Testcontainers.Configurations;

namespace NetLab;

/// <summary>The container engine that Testcontainers talks to: whether one answers, and which version of the API it speaks.</summary>
/// <remarks>
/// Testcontainers 4.16 asks for API 1.44 and negotiates nothing, so that an engine which speaks an older one (Debian 12's docker.io:
/// 1.41) is "unavailable" to it. It reads
/// <c>DOCKER_API_VERSION</c> once, when it is first touched: call <see cref="Prepare()"/> before.
/// </remarks>
public static class ContainerEngine
{
    private const string VersionVariable = "DOCKER_API_VERSION", HostVariable = "DOCKER_HOST";
    private static readonly Version Wanted = new(1, 44);
    private static readonly TimeSpan LongestAnswer = TimeSpan.FromSeconds(5);
    private static readonly Lazy<(Version? Version, string Why)> Asked = new(Ask);

    /// <summary>
    /// Asks the engine for the newest API that it speaks, and has Testcontainers use that where it is older than Testcontainers' own,
    /// unless <c>DOCKER_API_VERSION</c> says which. Does nothing
    /// the second time.
    /// </summary>
    /// <returns>Whether an engine answers.</returns>
    public static bool Prepare() => Prepare(out _);

    /// <inheritdoc cref="Prepare()"/>
    /// <param name="why">Which engine answers, or why none does.</param>
    public static bool Prepare(out string why)
    {
        (var version, why) = Asked.Value;
        return version is not null;
    }

    internal static DockerClient Connect()
    {
        Prepare();
        return TestcontainersSettings.OS.DockerEndpointAuthConfig.GetDockerClientBuilder().Build();
    }

    private static (Version?, string) Ask()
    {
        var endpoint = Environment.GetEnvironmentVariable(HostVariable) is { Length: > 0 } host ? host : "unix:///var/run/docker.sock";
        try
        {
            using var answer = JsonDocument.Parse(Get(new Uri(endpoint)));
            var text = answer.RootElement.GetProperty("ApiVersion").GetString()!;
            var version = Version.Parse(text);
            if (version < Wanted && string.IsNullOrEmpty(Environment.GetEnvironmentVariable(VersionVariable)))
            {
                Environment.SetEnvironmentVariable(VersionVariable, text);
            }

            return (version, $"an engine at {endpoint} answers, API {text}");
        }
        catch (Exception e) when (e is SocketException or IOException or JsonException or KeyNotFoundException or FormatException or NotSupportedException)
        {
            return (null, $"no container engine answers at {endpoint}: {e.Message}");
        }
    }

    // HTTP/1.0, so that the answer is whole when the engine closes the connection.
    private static string Get(Uri endpoint)
    {
        EndPoint to = endpoint.Scheme switch
        {
            "unix" => new UnixDomainSocketEndPoint(endpoint.LocalPath),
            "tcp" or "http" => new DnsEndPoint(endpoint.Host, endpoint.Port > 0 ? endpoint.Port : 2375),
            _ => throw new NotSupportedException($"{HostVariable}={endpoint} is neither unix:// nor tcp://; set {VersionVariable} yourself"),
        };
        using var socket = to is UnixDomainSocketEndPoint
            ? new Socket(AddressFamily.Unix, SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified)
            : new Socket(SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        socket.ReceiveTimeout = socket.SendTimeout = (int)LongestAnswer.TotalMilliseconds;
        socket.Connect(to);
        using var stream = new NetworkStream(socket);
        stream.Write("GET /version HTTP/1.0\r\nHost: engine\r\n\r\n"u8);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var answer = reader.ReadToEnd();
        var body = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        return answer.StartsWith("HTTP/1.", StringComparison.Ordinal) && answer.Contains(" 200 ", StringComparison.Ordinal) && body > 0
            ? answer[(body + 4)..]
            : throw new FormatException($"it answered {answer.Split('\r')[0]}");
    }
}
