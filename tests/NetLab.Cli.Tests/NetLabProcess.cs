using System.Diagnostics;
using System.Text.Json.Nodes;

namespace NetLab.Cli.Tests;

/// <summary>What a finished netlab process left.</summary>
internal sealed record NetLabResult(int ExitCode, string Output, string Error)
{
    /// <summary>Standard output, which must be one JSON document and nothing else.</summary>
    public JsonObject Json => JsonNode.Parse(Output)!.AsObject();

    public override string ToString() => $"exit code {ExitCode}\n{Output}\n{Error}";
}

/// <summary>Starts the built command as a user does.</summary>
internal static class NetLabProcess
{
    private static string Dll { get; } = Path.Combine(AppContext.BaseDirectory, "NetLab.Cli.dll");

    public static string Scenario(string name) => Path.Combine(SourceTree.Root, "scenarios", name);

    public static Task<NetLabResult> RunAsync(params string[] arguments) => FinishAsync(Start("dotnet", [Dll, .. arguments]));

    /// <summary>Runs it as a user without any capability.</summary>
    public static Task<NetLabResult> RunWithoutPrivilegesAsync(params string[] arguments) =>
        FinishAsync(Start("setpriv", ["--inh-caps=-all", "--bounding-set=-all", "dotnet", Dll, .. arguments]));

    /// <summary>Runs it as root of a user namespace alone, as any user may: the kernel refuses BPF there.</summary>
    public static Task<NetLabResult> RunInUserNamespaceAsync(params string[] arguments) =>
        FinishAsync(Start("unshare", ["-Urnmpf", "--mount-proc", "dotnet", Dll, .. arguments]));

    /// <summary>Starts lines of shell in a mount namespace of their own, where <c>"$@"</c> is the command.</summary>
    public static Process StartShell(string script, params string[] arguments) =>
        Start("unshare", ["-m", "sh", "-ec", script, "sh", "dotnet", Dll, .. arguments]);

    /// <summary>Runs it where no kernel is found that a guest could boot: the step <c>boot</c> is skipped there, whatever this machine has.</summary>
    public static Task<NetLabResult> RunWithoutGuestsAsync(params string[] arguments) => FinishAsync(StartShell(HideGuests, arguments));

    /// <summary>Lines of shell, for a mount namespace of their own, that hide the kernels of guests and go on with <c>"$@"</c>.</summary>
    public const string HideGuests = "export NETLAB_VM_CACHE=/nonexistent; [ ! -d /lib/modules ] || mount -t tmpfs none /lib/modules; exec \"$@\"";

    /// <summary>Starts lines of shell as root of a user namespace alone; <c>$2</c> is the command's file.</summary>
    public static Process StartInUserNamespace(string script) => Start("unshare", ["-Urnmpf", "--mount-proc", "bash", "-c", script, "bash", "dotnet", Dll]);

    /// <summary>Runs it with an environment variable.</summary>
    public static Task<NetLabResult> RunWithAsync(string variable, string value, params string[] arguments) =>
        FinishAsync(Start("env", [$"{variable}={value}", "dotnet", Dll, .. arguments]));

    /// <summary>Starts it with an environment variable.</summary>
    public static Process StartWith(string variable, string value, params string[] arguments) =>
        Start("env", [$"{variable}={value}", "dotnet", Dll, .. arguments]);

    public static Process Start(params string[] arguments) => Start("dotnet", [Dll, .. arguments]);

    public static async Task<NetLabResult> FinishAsync(Process process)
    {
        using (process)
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();
            return new NetLabResult(process.ExitCode, await output, await error);
        }
    }

    private static Process Start(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
            { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, WorkingDirectory = SourceTree.Root };
        start.Environment.TryAdd(FailureBundle.Variable, "off");
        return Process.Start(start)!;
    }
}
