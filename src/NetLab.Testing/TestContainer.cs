using System.Diagnostics;
using System.Globalization;

namespace NetLab.Testing;

/// <summary>
/// A container that runs tests of a built assembly, at the same paths as here, and tells lines. It ends when its standard input does, which this process
/// alone holds: where this process ends, by whatever way, the container ends, and the engine removes it.
/// </summary>
internal sealed class TestContainer : IDisposable
{
    /// <summary>The environment variable that names the image.</summary>
    public const string ImageVariable = "NETLAB_IMAGE";

    /// <summary>Where the command finds its lines, in the container.</summary>
    public const string ListFile = "/tmp/netlab-tests";

    private const string DefaultImage = "netlab-run";
    private const int MostLines = 100, MostColumns = 200;

    private static readonly EnumerationOptions Accessible = new() { IgnoreInaccessible = true };

    // $1 is the folder of bundles, where there is one: what the command leaves there belongs to who owns the folder. $2 is how many lines come first, the rest
    // the command.
    private const string Script = $$"""
        exec 3<&0
        bundles=$1
        head -n "$2" <&3 >{{ListFile}}
        shift 2
        "$@" </dev/null & tests=$!
        { cat >/dev/null; kill -KILL $tests; } <&3 2>/dev/null &
        wait $tests; code=$?
        [ -z "$bundles" ] || chown -R --reference="$bundles" "$bundles"
        exit $code
        """;

    private readonly string _engine;
    private readonly Process _process;
    private readonly Queue<string> _words = [];
    private readonly Task _list, _errors;

    private TestContainer(string engine, Process process, IReadOnlyList<string> list)
    {
        _engine = engine;
        _process = process;
        _list = Task.Run(async () =>
        {
            try
            {
                await process.StandardInput.WriteAsync(string.Concat(list.Select(line => line + "\n"))).ConfigureAwait(false);
                await process.StandardInput.FlushAsync().ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                Keep($"The container ended before it had read its tests: {e.Message}");
            }
        });
        _errors = Task.Run(async () =>
        {
            while (await process.StandardError.ReadLineAsync().ConfigureAwait(false) is { } line)
            {
                Keep(line);
            }
        });
    }

    /// <summary>What is told of a test that ran when the container ended: how that was, and what else it wrote at last.</summary>
    public string EndedDuring => $"The container ended while this test ran. {End}";

    /// <summary>What is told of a test that it did not come to.</summary>
    public string EndedBefore => $"The container ended before this test ran. {End}";

    private string End { get; set; } = "";

    /// <summary>The file of an assembly of the build's output.</summary>
    public static string FileOf(string assembly) => Path.Combine(AppContext.BaseDirectory, assembly + ".dll");

    /// <summary>Starts a command in a container that sees the sources and the build output of the running tests.</summary>
    /// <param name="engine">The engine's program.</param>
    /// <param name="image">The image that the assembly names; null for the default.</param>
    /// <param name="list">Lines for the command, which it finds in <see cref="ListFile"/>: by standard input, so that nothing of them stays here.</param>
    /// <param name="environment">Variables beyond those of NetLab.</param>
    /// <param name="command">The command and its arguments.</param>
    public static TestContainer Start(string engine, string? image, IReadOnlyList<string> list, IEnumerable<string> environment,
        params string[] command)
    {
        string folder = Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory), tree = TreeOf(folder);
        var bundles = FailureBundle.Home is { } home ? Directory.CreateDirectory(home).FullName : "";
        var named = Environment.GetEnvironmentVariable(ImageVariable) is { Length: > 0 } variable ? variable : image ?? DefaultImage;
        List<string> arguments = ["run", "--rm", "--interactive", "--privileged", "--network", "none", "--label", "netlab.tests", "--workdir", folder,
            "--hostname", Environment.MachineName, "--mount", Bound(tree, ",readonly"),
            .. bundles.Length > 0 ? new[] { "--mount", Bound(bundles, "") } : []];
        var handed = Environment.GetEnvironmentVariables().Keys.Cast<string>().Where(n => n.StartsWith("NETLAB_", StringComparison.Ordinal) || n is "CI")
            .Except([FailureBundle.Variable, Elsewhere.Variable, ImageVariable]);
        string[] own = [$"{Elsewhere.InsideVariable}={engine}", $"{FailureBundle.Variable}={(bundles.Length > 0 ? bundles : "off")}",
            "DOTNET_EnableDiagnostics=0", "HOME=/tmp"];
        arguments.AddRange([.. handed.Concat(own).Concat(environment).SelectMany(v => new[] { "--env", v })]);
        arguments.AddRange(["--entrypoint", "sh", named, "-c", Script, "sh", bundles, list.Count.ToString(CultureInfo.InvariantCulture), .. command]);
        var process = Process.Start(new ProcessStartInfo(engine, arguments)
            { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        return new TestContainer(engine, process, list);
    }

    /// <summary>The lines that the command writes with this prefix, without it, as they come.</summary>
    public async IAsyncEnumerable<string> LinesAsync(string prefix)
    {
        while (await _process.StandardOutput.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            if (line.StartsWith(prefix, StringComparison.Ordinal))
            {
                yield return line[prefix.Length..];
            }
            else
            {
                Keep(line);
            }
        }

        await _process.WaitForExitAsync().ConfigureAwait(false);
        await Task.WhenAll(_list, _errors).ConfigureAwait(false);
        lock (_words)
        {
            // Codes of the engine itself (docker-run(1)): it did not start the command.
            var hint = _process.ExitCode is 125 or 126 or 127 ? " It needs an image with .NET and the programs of labs: in a clone of NetLab, "
                + $"'{_engine} build --tag {DefaultImage} --file docker/Dockerfile.run docker' makes {DefaultImage}; {ImageVariable} names another." : "";
            End = $"The container ended with exit code {_process.ExitCode}.{hint}{Environment.NewLine}{string.Join(Environment.NewLine, _words)}".TrimEnd();
        }
    }

    /// <summary>Has the container end.</summary>
    public void Stop() => _process.StandardInput.Close();

    /// <inheritdoc/>
    public void Dispose()
    {
        Stop();
        _process.WaitForExit();
        _process.Dispose();
    }

    // The nearest folder above with a repository or solution: tests read files beside their projects.
    private static string TreeOf(string folder)
    {
        for (var tree = folder; tree is not null; tree = Path.GetDirectoryName(tree))
        {
            if (Path.Exists(Path.Combine(tree, ".git")) || Directory.EnumerateFiles(tree, "*.sln*", Accessible).Any())
            {
                return tree;
            }
        }

        return folder;
    }

    // A line of CSV: quoted, a path may have any character in it.
    private static string Bound(string path, string more)
    {
        var quoted = path.Replace("\"", "\"\"", StringComparison.Ordinal);
        return $"type=bind,\"source={quoted}\",\"target={quoted}\"{more}";
    }

    // The frames of runtime and framework, of which a crash has a hundred, say nothing.
    private void Keep(string line)
    {
        if (line.StartsWith("   at System.", StringComparison.Ordinal) || line.StartsWith("   at Xunit.", StringComparison.Ordinal))
        {
            return;
        }

        lock (_words)
        {
            _words.Enqueue(line.Length > MostColumns ? $"{line.AsSpan(0, MostColumns)}…" : line);
            if (_words.Count > MostLines)
            {
                _words.Dequeue();
            }
        }
    }
}
