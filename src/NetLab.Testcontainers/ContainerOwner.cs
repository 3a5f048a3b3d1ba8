using System.Globalization;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace NetLab;

/// <summary>
/// Whose container it is: the process that started it, known by its number and its start, so that no other process that gets the number is taken for it.
/// </summary>
internal static class ContainerOwner
{
    public const string Label = "netlab.owner";

    private const int StartTimeField = 21; // proc(5): starttime is field 22 of /proc/PID/stat

    // Process numbers mean something in one boot of the machine, and in one PID namespace.
    private static readonly string Scope =
        $"{File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim()}/{File.ResolveLinkTarget("/proc/self/ns/pid", false)?.Name}";

    public static string OfThisProcess { get; } = Of(Environment.ProcessId)
        ?? throw new InvalidOperationException("/proc does not show this process: it must be mounted.");

    /// <summary>Removes containers of processes of this machine that are no more.</summary>
    public static async Task RemoveOrphansAsync(DockerClient engine, CancellationToken ct)
    {
        var filters = new Dictionary<string, IDictionary<string, bool>> { ["label"] = new Dictionary<string, bool> { [Label] = true } };
        var labelled = await engine.Containers.ListContainersAsync(new ContainersListParameters { All = true, Filters = filters }, ct).ConfigureAwait(false);
        foreach (var container in labelled.Where(c => IsOrphan(c.Labels[Label])))
        {
            try
            {
                await engine.Containers.RemoveContainerAsync(container.ID, new ContainerRemoveParameters { Force = true }, ct).ConfigureAwait(false);
            }
            catch (DockerApiException e) when (e.StatusCode is System.Net.HttpStatusCode.NotFound or System.Net.HttpStatusCode.Conflict)
            {
                // It goes already.
                continue;
            }
        }
    }

    /// <summary>Whether the owner is a process of this machine, in what this process sees of it, and is gone.</summary>
    public static bool IsOrphan(string owner) =>
        owner.Split(' ') is [var scope, var pid, _] && scope == Scope && int.TryParse(pid, CultureInfo.InvariantCulture, out var number) && Of(number) != owner;

    private static string? Of(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            var start = stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[StartTimeField - 2];
            return $"{Scope} {pid} {start}";
        }
        catch (IOException)
        {
            return null;
        }
    }
}
