using System.Diagnostics;
using NetLab.Linux.Probe;
using NetLab.Xunit;

namespace NetLab.Tests.Labs;

/// <summary>Disposing that waits for the kernel.</summary>
public class RemovalTests
{
    [LabFact(Feature.UserNamespaces)]
    public async Task The_next_lab_finds_the_room_of_one_that_was_waited_for()
    {
        // The kernel counts a namespace until the very end of its removal. With room for one lab, the first process of its programs, two helpers a turn
        // and the program's own namespace, a second lab fits only if nothing of the first is left.
        const string withRoomForOne = "echo 12 > /proc/sys/user/max_net_namespaces; exec dotnet \"$0\" lab bridge --turns 4";
        Assert.Contains("ENOSPC", (await RunAsync(withRoomForOne)).Error, StringComparison.Ordinal);
        (var exitCode, var output, var error) = await RunAsync(withRoomForOne + " --wait-for-kernel");
        Assert.True(exitCode == 0, error);
        Assert.Contains("removing 3", output, StringComparison.Ordinal);
    }

    [LabFact]
    public async Task A_lab_that_is_disposed_already_has_nothing_to_wait_for()
    {
        var lab = new Lab();
        lab.AddNode("a");
        await lab.ApplyAsync();
        await lab.DisposeAsync();
        await lab.DisposeAsync(waitForKernel: true);
    }

    [LabFact]
    public async Task A_wait_that_is_given_up_has_disposed_the_lab()
    {
        var lab = new Lab();
        var node = lab.AddNode("a");
        await lab.ApplyAsync();
        using var held = node.OpenUdp();
        using var cancel = new CancellationTokenSource();
        var disposing = lab.DisposeAsync(waitForKernel: true, cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => disposing);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => lab.ApplyAsync());
    }

    private static async Task<(int ExitCode, string Output, string Error)> RunAsync(string script)
    {
        var start = new ProcessStartInfo("unshare",
            ["--user", "--map-root-user", "--net", "--mount", "--pid", "--fork", "--mount-proc", "sh", "-c", script,
                Path.Combine(AppContext.BaseDirectory, "NetLab.CrashProbe.dll")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var program = Process.Start(start)!;
        Task<string> output = program.StandardOutput.ReadToEndAsync(), error = program.StandardError.ReadToEndAsync();
        await program.WaitForExitAsync();
        return (program.ExitCode, await output, await error);
    }
}
