using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using NetLab.Linux;

namespace NetLab;

/// <summary>Where the network namespace of a running container is: an engine (Docker's, or Podman's service, which speaks the same) is asked.</summary>
internal static class RunningContainer
{
    private const string HostVariable = "DOCKER_HOST", Usual = "unix:///var/run/docker.sock";
    private static readonly TimeSpan LongestAnswer = TimeSpan.FromSeconds(10);

    /// <summary>Opens the namespace of a container.</summary>
    /// <param name="idOrName">The container, as the engine names it.</param>
    /// <param name="node">The node that stands for it, for messages.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="TopologyException">There is no such container, or it does not run.</exception>
    /// <exception cref="IOException">No engine answers.</exception>
    public static async ValueTask<NetworkNamespace> OpenAsync(string idOrName, string node, CancellationToken ct)
    {
        using var answer = await InspectAsync(idOrName, node, ct).ConfigureAwait(false)
            ?? throw new TopologyException($"node {node} stands for container {idOrName}, and the engine has none of that name or id");
        var state = answer.RootElement.GetProperty("State");
        if (state.GetProperty("Pid").GetInt32() is var pid and > 0)
        {
            return OpenProcess(pid, node);
        }

        throw new TopologyException(
            $"node {node} stands for container {answer.RootElement.GetProperty("Name").GetString()!.TrimStart('/')}, which does not "
            + $"run ({state.GetProperty("Status").GetString()}, exit code {state.GetProperty("ExitCode").GetInt32()}): start it before");
    }

    /// <summary>Opens the namespace of a process.</summary>
    /// <exception cref="TopologyException">There is no such process.</exception>
    public static NetworkNamespace OpenProcess(int pid, string node)
    {
        try
        {
            return NetworkNamespace.OpenProcess(pid);
        }
        catch (LinuxException e) when (e.ErrnoName is "ENOENT" or "ESRCH")
        {
            throw new TopologyException(string.Create(
                CultureInfo.InvariantCulture,
                $"node {node} stands for the namespace of process {pid}, which is not there: it has ended, or the engine is on another " +
                    $"machine, or this process runs in a container that does not see it (--pid=host)"));
        }
    }

    // GET /containers/{id}/json, as every version of the engine's API has it (docs.docker.com/reference/api/engine). Null: no such container.
    private static async Task<JsonDocument?> InspectAsync(string idOrName, string node, CancellationToken ct)
    {
        var endpoint = Environment.GetEnvironmentVariable(HostVariable) is { Length: > 0 } host ? host : Usual;
        EndPoint to = new Uri(endpoint) switch
        {
            { Scheme: "unix" } unix => new UnixDomainSocketEndPoint(unix.LocalPath),
            { Scheme: "tcp" or "http" } tcp => new DnsEndPoint(tcp.Host, tcp.Port > 0 ? tcp.Port : 2375),
            _ => throw new TopologyException($"node {node} stands for a container, and {HostVariable}={endpoint} is neither unix:// nor tcp://"),
        };
        using var handler = new SocketsHttpHandler { ConnectCallback = (_, cancel) => ConnectAsync(to, cancel) };
        using var engine = new HttpClient(handler) { Timeout = LongestAnswer, BaseAddress = new Uri("http://engine") };
        try
        {
            using var answer = await engine.GetAsync(new Uri($"/containers/{Uri.EscapeDataString(idOrName)}/json", UriKind.Relative), ct).ConfigureAwait(false);
            return answer.StatusCode is HttpStatusCode.NotFound ? null
                : JsonDocument.Parse(await answer.EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync(ct).ConfigureAwait(false));
        }
        catch (TaskCanceledException late) when (!ct.IsCancellationRequested)
        {
            throw new IOException(
                $"node {node} stands for container {idOrName}, and the container engine at {endpoint} did not answer within " +
                    $"{LongestAnswer.TotalSeconds} s", late);
        }
        catch (HttpRequestException e)
        {
            throw new IOException(
                $"node {node} stands for container {idOrName}, and no container engine answers at {endpoint}: {e.InnerException?.Message ?? e.Message}", e);
        }
    }

    private static async ValueTask<Stream> ConnectAsync(EndPoint to, CancellationToken ct)
    {
        var socket = to is UnixDomainSocketEndPoint
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(to, ct).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
