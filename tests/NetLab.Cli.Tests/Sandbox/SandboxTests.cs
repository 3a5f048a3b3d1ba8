using System.Diagnostics;
using System.Runtime.Versioning;
using NetLab.Linux.Probe;
using NetLab.Testing;
using NetLab.Xunit;

namespace NetLab.Cli.Tests.Sandbox;

/// <summary><c>netlab sandbox -- COMMAND</c>, as a user without any privilege runs it: nobody (65534), where these tests are root's.</summary>
[SupportedOSPlatform("linux")]
public sealed class SandboxTests(SandboxTests.Copy copy) : IClassFixture<SandboxTests.Copy>
{
    private const string Filter = "FullyQualifiedName~" + nameof(SandboxSample);

    [LabFact(Feature.UserNamespaces)]
    public async Task A_command_is_root_in_namespaces_of_its_own_with_lo_up()
    {
        var result = await copy.SandboxAsync("", "sh", "-c", "id -u; ip -br link; ps -e -o comm= | head -1; exit 7");

        Assert.Equal(7, result.ExitCode);
        Assert.Matches(@"\A0\nlo +UNKNOWN .*LOOPBACK,UP.*\n(dotnet|NetLab\.Cli|\.NET \w+)\n\z", result.Output);
    }

    [LabFact(Feature.UserNamespaces)]
    public async Task Tests_run_there_and_each_says_what_it_alone_lacks()
    {
        var result = await copy.SandboxAsync("", "dotnet", "test", copy.Tests, "--nologo", "--filter", Filter, "--logger", "console;verbosity=normal");

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Contains($"Passed {typeof(SandboxSample).FullName}.{nameof(SandboxSample.Two_hosts_on_a_bridge_reach_each_other)}", result.Output);
        Assert.Matches($@"Skipped {typeof(SandboxSample).FullName}\.{nameof(SandboxSample.The_kernel_tells_of_drops)} ", result.Output);
        if (File.GetUnixFileMode("/dev/net/tun").HasFlag(UnixFileMode.OtherWrite))
        {
            Assert.Contains($"Passed {typeof(SandboxSample).FullName}.{nameof(SandboxSample.A_vm_on_a_tap_reaches_another)}", result.Output);
        }
        else
        {
            // A bridge of Open vSwitch in user space has a device of its own, which is a tap.
            Assert.Matches(
                $@"Skipped {typeof(SandboxSample).FullName}\.{nameof(SandboxSample.Two_hosts_on_an_Open_vSwitch_bridge_reach_each_other)} ", result.Output);
            Assert.Contains(
                "tap devices is not available here (create a tap: EACCES). The file is there, and its mode lets this user not open it", result.Output);
        }
    }

    [LabFact(Feature.UserNamespaces)]
    public async Task What_is_insisted_on_fails_there()
    {
        var result = await copy.SandboxAsync("NETLAB_REQUIRE=BpfTracing", "dotnet", "test", copy.Tests, "--nologo", "--filter", Filter);

        Assert.Equal(1, result.ExitCode);
        Assert.Matches($@"Failed {typeof(SandboxSample).FullName}\.{nameof(SandboxSample.The_kernel_tells_of_drops)}", result.Output);
        Assert.Matches("Failed: +1, ", result.Output);
    }

    [LabFact(Feature.UserNamespaces)]
    public async Task A_test_that_fails_there_says_that_drops_are_not_recorded_and_what_the_nodes_know()
    {
        var result = await copy.SandboxAsync($"{SandboxSample.FailsHere}=1", "dotnet", "test", copy.Tests, "--nologo", "--filter",
            "FullyQualifiedName~" + nameof(SandboxSample.A_neighbour_that_nobody_is_does_not_answer));

        Assert.Equal(1, result.ExitCode);
        Assert.Matches(@"What became of other frames is not known: nothing is recorded: the kernel does not tell this process of drops: .*\.\n"
            + @"What the nodes themselves know, from when they were made; .*:\n  h1: nobody has answered for 10\.0\.0\.9 on eth0 \(neighbour INCOMPLETE\)\n",
            result.Output);
    }

    [Fact]
    public async Task Without_it_every_test_says_in_one_line_how_to_get_what_it_lacks()
    {
        var result = await copy.AsNobodyAsync("", "dotnet", "test", copy.Tests, "--nologo", "--filter", Filter, "--logger", "console;verbosity=normal");

        Assert.Equal(0, result.ExitCode);
        Assert.Matches("Skipped: +5, |Skipped: 5", result.Output);
        Assert.Contains("This process may not build labs: it lacks CAP_NET_ADMIN, CAP_SYS_ADMIN, CAP_NET_RAW. "
            + "Run as root, or as any user by: netlab sandbox -- dotnet test\n", result.Output);
    }

    [LabFact(Feature.UserNamespaces)]
    public async Task A_kill_leaves_nothing_of_it()
    {
        using var sandbox = copy.Start("", "sh", "-c", "echo begun; sleep 1000 & sleep 1000");
        Assert.Equal("begun", await sandbox.StandardOutput.ReadLineAsync());
        sandbox.Kill();
        // Whoever is left has the other end of this.
        Assert.Equal("", await sandbox.StandardOutput.ReadToEndAsync());
    }

    [LabFact(Feature.UserNamespaces)]
    public async Task A_program_that_is_not_there_is_named()
    {
        var result = await copy.SandboxAsync("", "no-such-program");

        Assert.Equal(2, result.ExitCode);
        Assert.StartsWith("netlab: 'no-such-program' cannot be started", result.Error);
    }

    /// <summary>The built tests and command, where anybody may read them.</summary>
    public sealed class Copy : IDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("netlab-sandbox-").FullName;

        public Copy()
        {
            const UnixFileMode all = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead | UnixFileMode.UserWrite
                | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
            foreach (var file in Directory.EnumerateFiles(AppContext.BaseDirectory, "*", SearchOption.AllDirectories))
            {
                var to = Path.Combine(_folder, "tests", Path.GetRelativePath(AppContext.BaseDirectory, file));
                Directory.CreateDirectory(Path.GetDirectoryName(to)!);
                File.Copy(file, to);
            }

            foreach (var folder in Directory.EnumerateDirectories(_folder, "*", SearchOption.AllDirectories).Append(_folder))
            {
                File.SetUnixFileMode(folder, all);
            }

            // What the user who is nobody writes goes here.
            Home = Directory.CreateDirectory(Path.Combine(_folder, "home"), all | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite).FullName;
            File.SetUnixFileMode(Home, all | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite);
        }

        public string Tests => Path.Combine(_folder, "tests", Path.GetFileName(typeof(SandboxTests).Assembly.Location));

        private string Home { get; }

        internal Task<NetLabResult> SandboxAsync(string variable, params string[] command) => NetLabProcess.FinishAsync(Start(variable, command));

        /// <summary>Starts a command in the sandbox. The process is that of the sandbox: what comes before it has become it.</summary>
        internal Process Start(string variable, params string[] command) =>
            StartAsNobody(variable, ["dotnet", Path.Combine(_folder, "tests", "NetLab.Cli.dll"), "sandbox", "--", .. command]);

        internal Task<NetLabResult> AsNobodyAsync(string variable, params string[] command) => NetLabProcess.FinishAsync(StartAsNobody(variable, command));

        private Process StartAsNobody(string variable, string[] command)
        {
            string[] nobody = Environment.IsPrivilegedProcess
                ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"] : [];
            string[] words = [.. nobody, "env", .. variable.Split(' ', StringSplitOptions.RemoveEmptyEntries), .. command];
            var start = new ProcessStartInfo(words[0], words[1..])
                { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, WorkingDirectory = Home };
            (start.Environment["HOME"], start.Environment["DOTNET_CLI_HOME"], start.Environment["TMPDIR"]) = (Home, Home, Home);
            start.Environment[Requirement.Variable] = null;
            start.Environment[FailureBundle.Variable] = "off";
            return Process.Start(start)!;
        }

        public void Dispose() => Directory.Delete(_folder, recursive: true);
    }
}
