using System.Diagnostics;

namespace NetLab.Torture;

/// <summary>The netlab command under lines of shell: what it ended with.</summary>
internal sealed record Command(int ExitCode, string Output, string Error)
{
    public const string Scenario = """
        name: Two VMs on a bridge
        lab:
          nodes:
            host:
              bridges:
                br0: {}
              vms:
                vm1: { bridge: br0, addresses: 10.0.0.11/24 }
                vm2: { bridge: br0, addresses: 10.0.0.12/24 }
        steps:
          - ping: vm1 -> vm2
          - exec: { node: host, run: 'true' }

        """;

    /// <summary>Runs lines of shell in a mount namespace of their own, where <c>"$@"</c> is the command with its arguments.</summary>
    public static async Task<Command> RunAsync(string script, CancellationToken ct, params string[] arguments)
    {
        var start = new ProcessStartInfo("unshare", ["-m", "bash", "-c", script, "bash", "dotnet", Files.NetLabDll, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            Environment = { [FailureBundle.Variable] = "off" },
        };
        using var process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(ct), error = process.StandardError.ReadToEndAsync(ct);
        await process.WaitForExitAsync(ct).ConfigureAwait(false);
        return new Command(process.ExitCode, await output.ConfigureAwait(false), await error.ConfigureAwait(false));
    }

    public override string ToString() => $"exit code {ExitCode}{Environment.NewLine}{Output}{Environment.NewLine}{Error}";
}
