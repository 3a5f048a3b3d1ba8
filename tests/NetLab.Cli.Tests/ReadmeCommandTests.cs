using NetLab.Linux.Probe;
using NetLab.Xunit;

namespace NetLab.Cli.Tests;

/// <summary>The commands that the README and docs/explain.md show do what it says; <c>test</c> is what runs this.</summary>
public class ReadmeCommandTests
{
    private const string Script = "docker/netlab ";

    [LabFact(Feature.OvsVswitchd)]
    public async Task Every_command_of_the_README_and_of_explain_ends_well()
    {
        var commands = new[] { "README.md", "docs/explain.md" }.SelectMany(page => File.ReadAllLines(Path.Combine(SourceTree.Root, page)))
            .Where(line => line.StartsWith(Script, StringComparison.Ordinal))
            .Select(line => line[Script.Length..])
            .Distinct().ToList();
        Assert.Contains("test", commands);
        Assert.True(commands.Count >= 5, "The README shows its commands in lines that begin with docker/netlab.");
        foreach (var command in commands.Where(c => c != "test"))
        {
            string[] words = [.. command.Split(' ')
                .Select(w => w.StartsWith("scenarios/", StringComparison.Ordinal) ? Path.Combine(SourceTree.Root, w) : w)];
            var result = await NetLabProcess.RunAsync(words);
            var expected = words[0] == "explain" ? ExitCode.Failed : ExitCode.Fine;
            Assert.True(result.ExitCode == expected, $"{Script}{command} ended so: {result}");
        }
    }
}
