using System.Diagnostics;

namespace NetLab.Install.Tests;

/// <summary>The packages of this tree in a folder, and a home where nobody has installed anything: what a newcomer has.</summary>
public sealed class LocalFeed : IAsyncLifetime
{
    public const string Version = "9.9.9";

    private static readonly string[] NotHanded = ["MSBUILD", "VSTEST", "DOTNET_CLI", "DOTNET_HOST", "TESTINGPLATFORM", "NUGET_PACKAGES", "NETLAB_"];

    /// <summary>All that is made here.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("netlab-install-").FullName;

    /// <summary>Where the packages are.</summary>
    public string Packages => Path.Combine(Folder, "feed");

    /// <summary>Where failed tests leave their bundles.</summary>
    public string Bundles => Path.Combine(Folder, "bundles");

    public async Task InitializeAsync()
    {
        // What was built for this very run is packed: .../bin/Debug/net10.0/ or artifacts/build/bin/NetLab.Install.Tests/release/.
        string here = AppContext.BaseDirectory.Replace('\\', '/'), artifacts = Path.Combine(SourceTree.Root, "artifacts/build");
        var configuration = here.Contains("/debug/", StringComparison.OrdinalIgnoreCase) ? "Debug" : "Release";
        var where = here.StartsWith(artifacts, StringComparison.Ordinal) ? $"--artifacts-path '{artifacts}'" : "";
        var pack = $"dotnet pack NetLab.sln --no-build -c {configuration} {where} -o '{Packages}' -p:MinVerVersionOverride={Version}";
        (var code, var output) = await RunAsync(SourceTree.Root, pack);
        Assert.True(code == 0, output);
        var known = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget/packages");
        await File.WriteAllTextAsync(Path.Combine(Folder, "nuget.config"), $"""
            <configuration>
              <config><add key="globalPackagesFolder" value="{Folder}/packages" /></config>
              <packageSources><clear /><add key="netlab" value="{Packages}" /></packageSources>
              <fallbackPackageFolders><clear /><add key="restored with the tree" value="{known}" /></fallbackPackageFolders>
            </configuration>
            """);
    }

    public Task DisposeAsync()
    {
        Directory.Delete(Folder, recursive: true);
        return Task.CompletedTask;
    }

    /// <summary>A new folder for a project, with the given files.</summary>
    public string NewProject(string name, params (string File, string Text)[] files)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Folder, name)).FullName;
        foreach ((var file, var text) in files)
        {
            File.WriteAllText(Path.Combine(folder, file), text);
        }

        return folder;
    }

    /// <summary>Runs lines of a shell, each of which must succeed.</summary>
    public async Task<(int Code, string Output)> RunAsync(string folder, string script)
    {
        var start = new ProcessStartInfo("bash", ["-c", "exec 2>&1; set -e\n" + script])
        {
            WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardInput = true,
        };
        foreach (var name in start.Environment.Keys.Where(k => NotHanded.Any(n => k.StartsWith(n, StringComparison.OrdinalIgnoreCase))).ToArray())
        {
            start.Environment.Remove(name);
        }

        var home = Path.Combine(Folder, "home");
        start.Environment["DOTNET_CLI_HOME"] = home;
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = start.Environment["DOTNET_NOLOGO"] = start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["UseSharedCompilation"] = "false";
        start.Environment["PATH"] = $"{home}/.dotnet/tools:{start.Environment["PATH"]}";
        start.Environment[FailureBundle.Variable] = Bundles;
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output);
    }
}

/// <summary>One feed for all of them; they run one after the other.</summary>
[CollectionDefinition(nameof(LocalFeed))]
public sealed class LocalFeedCollection : ICollectionFixture<LocalFeed>;
