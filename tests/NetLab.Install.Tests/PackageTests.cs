using System.IO.Compression;
using System.Reflection.PortableExecutable;
using System.Text;
using System.Xml.Linq;

namespace NetLab.Install.Tests;

/// <summary>What each package holds, and what it says of itself.</summary>
[Collection(nameof(LocalFeed))]
public sealed class PackageTests(LocalFeed feed)
{
    [Fact]
    public void Each_package_holds_what_packages_txt_lists()
    {
        var listing = new StringBuilder();
        foreach (var file in Directory.EnumerateFiles(feed.Packages).Order(StringComparer.Ordinal))
        {
            using var package = ZipFile.OpenRead(file);
            listing.Append(Path.GetFileName(file).Replace($".{LocalFeed.Version}", "", StringComparison.Ordinal)).Append('\n');
            listing.AppendJoin("", Dependencies(package).Select(d => $"  needs {d}\n"));
            listing.AppendJoin("", package.Entries.Select(e => e.FullName).Where(IsOurs).Order(StringComparer.Ordinal).Select(e => $"  {e}\n"));
        }

        Assert.Equal(File.ReadAllText(Path.Combine(SourceTree.Root, "tests/NetLab.Install.Tests/packages.txt")), listing.ToString());
    }

    [Fact]
    public void Each_package_says_what_it_is_and_how_it_may_be_used()
    {
        foreach (var file in Directory.EnumerateFiles(feed.Packages, "*.nupkg"))
        {
            using var package = ZipFile.OpenRead(file);
            var about = Nuspec(package);
            Assert.Equal(LocalFeed.Version, Value(about, "version"));
            Assert.Equal("MIT", Value(about, "license"));
            Assert.Equal("icon.png", Value(about, "icon"));
            Assert.Equal("README.md", Value(about, "readme"));
            Assert.Contains("netlab", Value(about, "tags").Split(' '));
            Assert.True(Value(about, "description").Length > 20, $"{file} does not say what it is");
        }
    }

    [Fact]
    public void Libraries_are_built_alike_everywhere_and_their_symbols_lie_beside_them()
    {
        string[] libraries = [.. Directory.EnumerateFiles(feed.Packages, "*.nupkg").Where(f => !f.Contains("NetLab.Cli") && !f.Contains("NetLab.Templates"))];
        Assert.NotEmpty(libraries);
        foreach (var file in libraries)
        {
            using var package = ZipFile.OpenRead(file);
            var library = Assert.Single(package.Entries, e => e.FullName.EndsWith(".dll", StringComparison.Ordinal));
            using var bytes = new MemoryStream();
            using (var stream = library.Open())
            {
                stream.CopyTo(bytes);
            }

            bytes.Position = 0;
            using var image = new PEReader(bytes);
            Assert.Contains(image.ReadDebugDirectory(), d => d.Type == DebugDirectoryEntryType.Reproducible);
            Assert.True(File.Exists(Path.ChangeExtension(file, ".snupkg")), $"no symbols of {file}");
        }
    }

    private static bool IsOurs(string entry) =>
        !entry.StartsWith("_rels/", StringComparison.Ordinal) && !entry.StartsWith("package/", StringComparison.Ordinal) && entry != "[Content_Types].xml";

    private static XElement Nuspec(ZipArchive package)
    {
        using var stream = package.Entries.Single(e => e.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
        return XDocument.Load(stream).Root!.Elements().Single(e => e.Name.LocalName == "metadata");
    }

    private static string Value(XElement about, string name) => about.Elements().SingleOrDefault(e => e.Name.LocalName == name)?.Value ?? "";

    private static IEnumerable<string> Dependencies(ZipArchive package) => Nuspec(package).Descendants()
        .Where(e => e.Name.LocalName == "dependency").Select(e => $"{e.Attribute("id")!.Value} {e.Attribute("version")!.Value}").Order(StringComparer.Ordinal);
}
