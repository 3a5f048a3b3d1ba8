using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace NetLab.Tests.House;

/// <summary>The pages say what is so: floors, rooms and paths are those of the tree.</summary>
public sealed partial class HouseTests
{
    private static readonly string Root = SourceTree.Root;

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

    // A device that is down, or where IPv6 is off, has lost its addresses of IPv6: RouterDrops and Ipv6Reasons tell what it was to have,
    // OvsVerdict.Tunnels what a tunnel's node had, and NeighbourModel who had an address that nobody has.
    [Fact]
    public void Reasons_ask_the_kernel_for_the_addresses_of_devices() => Assert.Equal(
        ["Ipv6Reasons.cs", "KernelState.cs", "NeighbourModel.cs", "OvsVerdict.Tunnels.cs", "RouterDrops.Routes.cs"],
        from room in (string[])["Reasons", "Happenings"]
        from file in Directory.GetFiles(Path.Combine(Root, "src/NetLab/Forwarding", room), "*.cs", SearchOption.AllDirectories)
        where Described().IsMatch(File.ReadAllText(file))
        orderby file
        select Path.GetFileName(file));

    [Fact]
    public void No_line_of_the_sources_is_longer_than_160_columns() => Assert.Equal([], Lines("src", TooLong));

    [Fact]
    public void No_line_of_the_tests_is_longer_that_is_not_of_a_listing() =>
        Assert.Equal([], Lines("tests", text => TooLong(text) is { Count: > 0 } lines ? lines.Except(OfListings(text)) : []));

    [Fact]
    public void A_long_line_of_code_is_found_and_one_of_a_listing_is_as_it_came()
    {
        var text = $"""""
            // {new string('x', 160)}
            const string Listing = """
                {new string('x', 160)}
                """;
            const string Code = "{new string('x', 160)}";
            """"";
        Assert.Equal([1, 3, 5], TooLong(text));
        Assert.Equal([1, 5], TooLong(text).Except(OfListings(text)));
    }

    private static IEnumerable<string> Lines(string folder, Func<string, IEnumerable<int>> find) =>
        from file in Directory.GetFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
        where !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal)
        from line in find(File.ReadAllText(file))
        select $"{Path.GetRelativePath(Root, file)}:{line}";

    private static List<int> TooLong(string text) => [.. text.Split('\n').Index().Where(line => line.Item.Length > 160).Select(line => line.Index + 1)];

    // Recorded traces and what programs print are as they came, in literals of several lines.
    private static IEnumerable<int> OfListings(string text) =>
        from token in CSharpSyntaxTree.ParseText(text).GetRoot().DescendantTokens()
        where token.IsKind(SyntaxKind.MultiLineRawStringLiteralToken) || token.IsKind(SyntaxKind.InterpolatedStringTextToken)
        let span = token.GetLocation().GetLineSpan()
        where span.StartLinePosition.Line < span.EndLinePosition.Line
        from line in Enumerable.Range(span.StartLinePosition.Line + 1, span.EndLinePosition.Line - span.StartLinePosition.Line + 1)
        select line;

    private const string Classes = "(?:VethEnd|TapDevice|Bridge|OvsBridge|OvsInternalPort|KernelDevice|AdoptedDevice|Switch)";

    [GeneratedRegex(@"\b(?:is|is not|or|and not|as|case) " + Classes + @"\b|OfType<" + Classes + ">|" +
        @"[,{] ?(?:Device|LabDevice|Switch|Enters): " + Classes + @"\b")]
    private static partial Regex TypeTest();

    [GeneratedRegex(@"\.Addresses\b")]
    private static partial Regex Described();

    [GeneratedRegex(@"(?<![\w/.-])(?:src|tests|scenarios|docker)/[\w./-]*\w")]
    private static partial Regex PathInTheTree();

    [GeneratedRegex(@"\]\((?!https?:|#)([^)#\s]+)")]
    private static partial Regex LinkToAFile();

    [GeneratedRegex(@"^\| (?<floor>[\d.]+) \| (?<projects>`src/[^|]+) \|", RegexOptions.Multiline)]
    private static partial Regex FloorRow();

    [GeneratedRegex("`src/(NetLab[\\w.]*)`")]
    private static partial Regex ProjectName();
}
