using System.ComponentModel;
using System.Diagnostics;
using System.Xml.Linq;

namespace NetLab.Cli.Sharding;

/// <summary>The tests of built assemblies, as their own frameworks list them, and how to ask <c>dotnet test</c> for some of them.</summary>
internal static class TestList
{
    /// <summary>The full names, namespace.class.method, of all tests; a theory's rows are one name.</summary>
    /// <param name="assemblies">Built test assemblies for VSTest.</param>
    /// <param name="filter">Which of them, as <c>dotnet test --filter</c> takes it; null for all.</param>
    /// <param name="ct">Ends the listing.</param>
    /// <exception cref="InputException">They cannot be listed.</exception>
    /// <exception cref="IOException">There is no <c>dotnet</c> that could.</exception>
    public static async Task<IReadOnlyCollection<string>> ReadAsync(IReadOnlyList<string> assemblies, string? filter, CancellationToken ct)
    {
        if (assemblies.FirstOrDefault(a => !File.Exists(a)) is { } missing)
        {
            throw new InputException($"there is no file {missing}: build the tests first");
        }

        var list = Path.GetTempFileName();
        try
        {
            List<string> arguments = ["vstest", .. assemblies, "--ListFullyQualifiedTests", $"--ListTestsTargetPath:{list}"];
            if (filter is not null)
            {
                arguments.Add($"--TestCaseFilter:{filter}");
            }

            var (code, output) = await RunAsync(arguments, ct).ConfigureAwait(false);
            return code == 0
                ? [.. File.ReadLines(list).Select(l => l.Trim()).Where(l => l.Length > 0).Distinct().Order(StringComparer.Ordinal)]
                : throw new InputException($"the tests cannot be listed, dotnet vstest ended with exit code {code}: {output.Trim()}");
        }
        finally
        {
            File.Delete(list);
        }
    }

    /// <summary>The class of a test: its tests share what it sets up, and stay together.</summary>
    public static string ClassOf(string test) => test[..Math.Max(0, test.LastIndexOf('.'))];

    /// <summary>Settings for <c>dotnet test --settings</c> that run these tests and no others; of none, none: an empty filter would be all.</summary>
    public static XDocument Settings(IEnumerable<string> tests) => new(new XElement("RunSettings", new XElement("RunConfiguration",
        new XElement("TestCaseFilter", string.Join('|', tests.DefaultIfEmpty("-").Select(t => $"FullyQualifiedName={Escaped(t)}"))))));

    // As the language of filters wants it.
    private static string Escaped(string value) => string.Concat(value.Select(c => "\\()&|=!~".Contains(c, StringComparison.Ordinal) ? $"\\{c}" : $"{c}"));

    private static async Task<(int Code, string Output)> RunAsync(IEnumerable<string> arguments, CancellationToken ct)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            Task<string> output = process.StandardOutput.ReadToEndAsync(ct), error = process.StandardError.ReadToEndAsync(ct);
            await process.WaitForExitAsync(ct).ConfigureAwait(false);
            return (process.ExitCode, await output.ConfigureAwait(false) + await error.ConfigureAwait(false));
        }
        catch (Win32Exception refused)
        {
            throw new IOException($"'dotnet' cannot be started to list the tests: {refused.Message}", refused);
        }
    }
}
