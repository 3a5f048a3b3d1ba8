using System.Collections;
using System.Diagnostics;
using NetLab.Linux.Netlink;
using NetLab.Linux.Probe;

namespace NetLab.Linux.Processes;

/// <summary>
/// A place where any user may build labs: user, network, mount and PID namespaces of its own, in which the user is root. What runs there has <c>lo</c> up,
/// which test hosts talk by, and a <c>/proc</c> of its own. Nothing of it is left when it ends, also by <c>kill -9</c>.
/// </summary>
/// <remarks>
/// A process with threads cannot enter a user namespace, so this process becomes <c>unshare</c> of util-linux, which starts what is to be inside as the first
/// process of the PID namespace.
/// </remarks>
public static unsafe class Sandbox
{
    private const string Program = "unshare";
    private static readonly string[] Namespaces = ["--user", "--map-root-user", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];

    /// <summary>Replaces this process by a program inside. It must call <see cref="Prepare"/> first of all.</summary>
    /// <param name="command">The program and its arguments.</param>
    /// <exception cref="MissingFeatureException">The machine lets this user make no user namespace; the message says by which setting.</exception>
    /// <exception cref="LinuxException">There is no <c>unshare</c>, or it cannot be started.</exception>
    public static void Enter(IReadOnlyList<string> command)
    {
        ArgumentNullException.ThrowIfNull(command);
        var program = ProgramPath.Require(Program, Environment.GetEnvironmentVariable("PATH"));
        RequireAllowed(program);
        using var arena = new NativeArena();
        var path = arena.Text(program);
        var arguments = arena.Texts([program, .. Namespaces, "--", .. command]);
        var environment = arena.Texts([.. Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(e => $"{e.Key}={e.Value}")]);

        // The runtime ignores SIGPIPE, and a program that is started inherits that: struct sigaction of the C library begins with the handler, SIG_DFL being 0.
        var usual = stackalloc nint[32];
        new Span<nint>(usual, 32).Clear();
        _ = Libc.sigaction(Libc.SIGPIPE, usual, null);
        _ = Libc.execve(path, arguments, environment);
        throw new LinuxException($"start {program}", Libc.LastErrno);
    }

    /// <summary>Brings up <c>lo</c>, in the network namespace of this process.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static void Prepare()
    {
        using var ns = NetworkNamespace.OfThisProcess();
        using var route = RouteSocket.Open(ns);
        var batch = new NetlinkBatch();
        batch.ChangeLink(1, new LinkChange { Up = true }, "setting lo up in the sandbox");
        route.Execute(batch);
    }

    private static void RequireAllowed(string program)
    {
        var start = new ProcessStartInfo(program, [.. Namespaces, "--", "true"]) { RedirectStandardError = true };
        using var trial = Process.Start(start)!;
        var error = trial.StandardError.ReadToEnd().Trim();
        trial.WaitForExit();
        if (trial.ExitCode != 0)
        {
            throw new MissingFeatureException(
                new FeatureState(Feature.UserNamespaces, "user namespaces for this user", false, error, null, Obstacle()));
        }
    }

    // What distributions and containers forbid it by.
    private static string Obstacle() =>
        Setting("/proc/sys/user/max_user_namespaces") is "0" ? "sysctl -w user.max_user_namespaces=10000, or run as root"
        : Setting("/proc/sys/kernel/unprivileged_userns_clone") is "0" ? "sysctl -w kernel.unprivileged_userns_clone=1, or run as root"
        : Setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") is "1"
            ? "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or run as root"
        : "In a container, run with --security-opt seccomp=unconfined --security-opt systempaths=unconfined, or as root";

    private static string? Setting(string path) => File.Exists(path) ? File.ReadAllText(path).Trim() : null;
}
