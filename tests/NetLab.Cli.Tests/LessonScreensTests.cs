using System.Text.RegularExpressions;
using NetLab.Xunit;

namespace NetLab.Cli.Tests;

/// <summary>docs/labs/03-a-bridge-learns-screens.md: whoever types those lines sees those screens.</summary>
public sealed partial class LessonScreensTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("netlab-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [LabFact]
    public async Task The_screens_of_lab_3_are_what_is_seen()
    {
        var page = await File.ReadAllTextAsync(Path.Combine(SourceTree.Root, "docs", "labs", "03-a-bridge-learns-screens.md"));
        var screens = page.Split("```")[1].Split('\n')[1..];
        await using var session = TerminalSession.Start(Path.Combine(_folder, "labs"), "run", "scenarios/labs/03-a-bridge-learns.yaml");

        foreach (var (prompt, line) in screens.Select(screen => Prompt().Match(screen)).Where(match => match.Success)
            .Select(match => (match.Groups["prompt"].Value, match.Groups["typed"].Value)))
        {
            await (await session.ExpectAsync(prompt.EndsWith("# ", StringComparison.Ordinal) ? " # " : prompt)).TypeAsync(line);
        }

        await (await session.ExpectAsync("task 2> ")).TypeAsync("quit");
        Assert.Equal(0, await session.EndAsync());

        // The terminal itself shows once more what is typed before the reader of the line has taken over.
        HashSet<string> typed = [.. screens.Select(line => Prompt().Match(line).Groups["typed"].Value)];
        var expected = Stable(screens[1..].Where(line => !typed.Contains(line)));
        Assert.True(expected.Count > 60, string.Join('\n', expected));
        var seen = Stable(session.Screen.Split('\n').Where(line => !typed.Contains(line)));
        Assert.Equal(expected, seen.Take(expected.Count));
    }

    // Without times, what was typed, and the order in which a hash table is listed.
    private static List<string> Stable(IEnumerable<string> lines) => [.. lines.Where(line => !Prompt().IsMatch(line) && !Entry().IsMatch(line))
        .Select(line => Time().Replace(line, "").Trim()).Where(line => line.Length > 0)];

    [GeneratedRegex(@"^(?<prompt>prediction> |task \d> |sw \S+ # )(?<typed>.*)$")]
    private static partial Regex Prompt();

    [GeneratedRegex(@"^fa:16:3e:00:00:0\d dev")]
    private static partial Regex Entry();

    [GeneratedRegex(@" +\d+(\.\d+)? (ms|s|µs)\b")]
    private static partial Regex Time();
}
