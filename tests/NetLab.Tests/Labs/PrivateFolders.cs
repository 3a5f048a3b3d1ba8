using System.Diagnostics;

namespace NetLab.Tests.Labs;

/// <summary>
/// A mount namespace in which the folders where daemons put their sockets, databases and logs are empty, and nobody writes to them but the programs that
/// are started here: whatever is in them is theirs.
/// </summary>
internal sealed class PrivateFolders : IDisposable
{
    private static readonly string[] Folders =
        ["/run", "/tmp", "/var/tmp", "/dev/shm", "/mnt", "/etc/openvswitch", "/var/lib/openvswitch", "/var/log/openvswitch"];

    private readonly Process _keeper;

    private PrivateFolders(Process keeper) => _keeper = keeper;

    /// <summary>Makes it.</summary>
    public static async Task<PrivateFolders> CreateAsync()
    {
        const string script = "for folder; do if [ -d $folder ]; then mount -n -t tmpfs none $folder || exit; fi; done; echo ready; read -r _";
        var keeper = Process.Start(new ProcessStartInfo("unshare", ["--mount", "sh", "-c", script, "sh", .. Folders])
            { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        var folders = new PrivateFolders(keeper);
        Assert.Equal("ready", await keeper.StandardOutput.ReadLineAsync());
        return folders;
    }

    /// <summary>Starts a program that sees these folders.</summary>
    public Process Start(string mark, string program, params string[] arguments) =>
        Process.Start(new ProcessStartInfo("nsenter", [$"--mount=/proc/{_keeper.Id}/ns/mnt", program, .. arguments])
        {
            RedirectStandardOutput = true,

            // The runtime's own sockets in /tmp would outlive a kill.
            Environment = { [Leftovers.MarkName] = mark, ["DOTNET_EnableDiagnostics"] = "0" },
        })!;

    /// <summary>All that is in them.</summary>
    public IReadOnlyList<string> Files() =>
        [.. Folders.Select(f => $"/proc/{_keeper.Id}/root{f}").Where(Directory.Exists).SelectMany(Directory.GetFileSystemEntries).Select(f => $"file {f}")];

    public void Dispose()
    {
        _keeper.StandardInput.Dispose();
        _keeper.WaitForExit();
        _keeper.Dispose();
    }
}
