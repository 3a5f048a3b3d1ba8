using System.Text.RegularExpressions;
using System.Xml.Linq;
using NetLab.Tests.Readme;

namespace NetLab.Tests.House;

/// <summary>The pages say what is so: floors, rooms and paths are those of the tree.</summary>
public sealed partial class HouseTests
{
    private static readonly string Root = ReadmeTests.Root();

    public static TheoryData<string> Pages => [.. Directory.GetFiles(Path.Combine(Root, "docs"), "*.md").Append(Path.Combine(Root, "CONTRIBUTING.md"))
        .Append(Path.Combine(Root, "README.md")).Select(page => Path.GetRelativePath(Root, page))];

    [Theory]
    [MemberData(nameof(Pages))]
    public void What_a_page_names_exists(string page)
    {
        var text = File.ReadAllText(Path.Combine(Root, page));
        var folder = Path.GetDirectoryName(Path.Combine(Root, page))!;
        var named = PathInTheTree().Matches(text).Where(m => !m.Value.Contains("/Your", StringComparison.Ordinal)).Select(m => Path.Combine(Root, m.Value))
            .Concat(LinkToAFile().Matches(text).Select(m => Path.Combine(folder, m.Groups[1].Value)));
        Assert.Empty(named.Where(path => !File.Exists(path) && !Directory.Exists(path)).Select(path => Path.GetRelativePath(Root, path)));
    }

    [Theory]
    [InlineData("README.md")]
    [InlineData("docs/architecture.md")]
    public void Every_project_has_a_floor_and_uses_only_those_below(string page)
    {
        var floors = new Dictionary<string, double>();
        foreach (Match row in FloorRow().Matches(File.ReadAllText(Path.Combine(Root, page))))
        {
            foreach (Match project in ProjectName().Matches(row.Groups["projects"].Value))
            {
                floors.Add(project.Groups[1].Value, double.Parse(row.Groups["floor"].Value));
            }
        }

        var projects = Directory.GetFiles(Path.Combine(Root, "src"), "*.csproj", SearchOption.AllDirectories)
            .Where(path => !path.Contains("/integrations/", StringComparison.Ordinal)).ToDictionary(path => Path.GetFileNameWithoutExtension(path));
        Assert.Equal(projects.Keys.Order(), floors.Keys.Order());
        foreach (var (name, path) in projects)
        {
            var used = XDocument.Load(path).Descendants("ProjectReference")
                .Select(r => Path.GetFileNameWithoutExtension(((string)r.Attribute("Include")!).Replace('\\', '/')));
            Assert.Empty(used.Where(below => floors[below] >= floors[name]).Select(other => $"{name} uses {other}, which is not below it"));
        }
    }

    // How a device is drawn is a table of kinds; what it does, the device says itself.
    [Theory]
    [InlineData("Labs")]
    [InlineData("Tracing")]
    [InlineData("Forwarding")]
    [InlineData("State")]
    [InlineData("Reports")]
    public void A_room_asks_a_device_what_it_does_and_not_of_which_class_it_is(string room) => Assert.Empty(
        from file in Directory.GetFiles(Path.Combine(Root, "src/NetLab", room), "*.cs", SearchOption.AllDirectories)
        from line in File.ReadLines(file).Select((text, i) => (Number: i + 1, Text: text))
        where TypeTest().IsMatch(line.Text)
        select $"{Path.GetRelativePath(Root, file)}:{line.Number} {line.Text.Trim()}");

    // Recorded traces and listings of programs are as they came.
    [Fact]
    public void No_line_of_the_sources_is_longer_than_160_columns()
    {
        var tooLong =
            from file in Directory.GetFiles(Path.Combine(Root, "src"), "*.cs", SearchOption.AllDirectories)
            where !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal)
            from line in File.ReadLines(file).Select((text, i) => (Number: i + 1, text.Length))
            where line.Length > 160
            select $"{Path.GetRelativePath(Root, file)}:{line.Number}";
        Assert.Equal([], tooLong);
    }

    [GeneratedRegex(@"\b(?:is|is not|or|and not|as|case) (?:VethEnd|TapDevice|Bridge|OvsBridge|OvsInternalPort|KernelDevice|AdoptedDevice|Switch)\b|OfType<(?:VethEnd|TapDevice|Bridge|OvsBridge|OvsInternalPort|KernelDevice|AdoptedDevice|Switch)>|[,{] ?(?:Device|LabDevice|Switch|Enters): (?:VethEnd|TapDevice|Bridge|OvsBridge|OvsInternalPort|KernelDevice|AdoptedDevice|Switch)\b")]
    private static partial Regex TypeTest();

    [GeneratedRegex(@"(?<![\w/.-])(?:src|tests|scenarios|docker)/[\w./-]*\w")]
    private static partial Regex PathInTheTree();

    [GeneratedRegex(@"\]\((?!https?:|#)([^)#\s]+)")]
    private static partial Regex LinkToAFile();

    [GeneratedRegex(@"^\| (?<floor>[\d.]+) \| (?<projects>`src/[^|]+) \|", RegexOptions.Multiline)]
    private static partial Regex FloorRow();

    [GeneratedRegex("`src/(NetLab[\\w.]*)`")]
    private static partial Regex ProjectName();
}
