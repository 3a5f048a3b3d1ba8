using System.CommandLine;
using System.CommandLine.Parsing;
using NetLab.Scenarios;

namespace NetLab.Cli.Commands;

/// <summary>Reads scenario files that the command line names.</summary>
internal static class ScenarioFiles
{
    /// <summary>Refuses a file that looks like a mistyped option.</summary>
    public static void Check(ArgumentResult result)
    {
        foreach (var value in result.Tokens.Select(t => t.Value).Where(v => v.StartsWith('-') && v.Length > 1))
        {
            result.AddError($"There is no option '{value}'");
        }
    }

    /// <summary>Which variant of a scenario is meant, for the commands that read one.</summary>
    public static Option<string?> Variant() => new("--variant")
        { Description = "Which of the scenario's variants; the first that its 'variants' names where this is absent", HelpName = "name" };

    /// <summary>
    /// The files, and in place of a folder each <c>.yaml</c> file in it and below it, in the order of their names. What is hidden is left out: a volume of
    /// Kubernetes has each file once more in hidden folders.
    /// </summary>
    /// <exception cref="InputException">A folder holds none, or cannot be read.</exception>
    public static IReadOnlyList<string> InFolders(IEnumerable<string> paths) => [.. paths.SelectMany(path => Directory.Exists(path) ? In(path) : [path])];

    /// <summary>Describes the lab of each file; nothing is built.</summary>
    /// <exception cref="ScenarioException">Something is wrong in one or several of them: all of it is listed.</exception>
    /// <exception cref="InputException">A file cannot be read.</exception>
    public static IReadOnlyList<ScenarioRun> Describe(IEnumerable<string> files, string? variant = null)
    {
        var runs = new List<ScenarioRun>();
        var wrong = new List<Diagnostic>();
        foreach (var file in files)
        {
            try
            {
                runs.Add(ScenarioRun.Describe(Load(file, variant)));
            }
            catch (ScenarioException scenario)
            {
                wrong.AddRange(scenario.Diagnostics);
            }
        }

        return wrong.Count == 0 ? runs : throw new ScenarioException(wrong);
    }

    /// <summary>Reads a scenario.</summary>
    /// <inheritdoc cref="Describe"/>
    public static ScenarioDocument Load(string file, string? variant)
    {
        if (Directory.Exists(file))
        {
            throw new InputException($"{file} is a directory; name the scenario files in it");
        }

        try
        {
            return ScenarioDocument.Load(file, variant);
        }
        catch (Exception unreadable) when (unreadable is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InputException($"there is no file {file}");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new InputException($"{file} cannot be read: {unreadable.Message}");
        }
    }

    private static readonly EnumerationOptions Visible = new()
    {
        RecurseSubdirectories = true, AttributesToSkip = FileAttributes.Hidden, IgnoreInaccessible = false, MatchCasing = MatchCasing.PlatformDefault,
    };

    private static string[] In(string folder)
    {
        try
        {
            string[] files = [.. Directory.EnumerateFiles(folder, "*.yaml", Visible).Order(StringComparer.Ordinal)];
            return files.Length > 0 ? files : throw new InputException($"{folder} is a directory without a scenario: no .yaml file is in it or below it");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{folder} cannot be read: {unreadable.Message}");
        }
    }
}
