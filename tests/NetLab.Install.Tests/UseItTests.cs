using System.Text;
using NetLab.Xunit;

namespace NetLab.Install.Tests;

/// <summary>docs/use-it.md is true: its commands run, and print what it says.</summary>
[Collection(nameof(LocalFeed))]
public sealed class UseItTests(LocalFeed feed)
{
    [LabFact(Linux.Probe.Feature.NftProgram)]
    public async Task From_an_empty_folder_to_a_red_test_and_a_green_one()
    {
        var blocks = Markdown.BlocksOf("docs/use-it.md");
        var script = new StringBuilder();
        for (var i = 0; i < blocks.Count; i++)
        {
            if (blocks[i].Kind == "sh")
            {
                script.AppendLine($"echo '@@@{i}@@@'");
                script.AppendJoin("", blocks[i].Text.Split('\n').Select(l => MustFail(l) + "\n"));
            }
        }

        (var code, var output) = await feed.RunAsync(feed.NewProject("empty"), script.ToString());

        Assert.True(code == 0, output);
        for (var i = 1; i < blocks.Count; i++)
        {
            if (blocks[i].Kind == "text")
            {
                var printed = output.Split($"@@@{i - 1}@@@")[1].Split("@@@")[0];
                Assert.All(blocks[i].Text.Split('\n'), line => Assert.Contains(line, printed, StringComparison.Ordinal));
            }
        }

        Assert.True(File.Exists(Path.Combine(feed.Folder, "empty/Older/.github/workflows/netlab.yml")), "no workflow");
        Assert.True(File.Exists(Path.Combine(feed.Folder, "empty/Older/.devcontainer/devcontainer.json")), "no devcontainer");
        Assert.False(Directory.Exists(Path.Combine(feed.Folder, "empty/LabTests/.github")), "a workflow that nobody asked for");
        Assert.Single(Directory.GetDirectories(feed.Bundles), d => Path.GetFileName(d).StartsWith("FirstLab.A_datagram", StringComparison.Ordinal));
    }

    // The shell itself goes on after a "!" whose command succeeded.
    private static string MustFail(string line) =>
        line.StartsWith("! ", StringComparison.Ordinal) ? $"if {line[2..]}; then echo 'it should have failed'; exit 9; fi" : line;

    [Fact]
    public void The_packages_for_xunit_show_the_test_that_the_template_makes()
    {
        var test = File.ReadAllText(Path.Combine(SourceTree.Root, "templates/netlab-tests/FirstLab.cs")).Trim();
        Assert.Equal(test, Assert.Single(Markdown.BlocksOf("src/NetLab.Xunit/README.md"), b => b.Kind == "csharp").Text);
        Assert.Equal(test, Assert.Single(Markdown.BlocksOf("src/NetLab.Xunit.V3/README.md"), b => b.Kind == "csharp").Text);
    }
}
