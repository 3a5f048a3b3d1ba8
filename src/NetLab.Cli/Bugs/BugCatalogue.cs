using NetLab.Cli.Commands;
using NetLab.Scenarios;

namespace NetLab.Cli.Bugs;

/// <summary>The bugs that come with the tool: the files of scenarios/openstack/bugs, which are embedded in it.</summary>
internal static class BugCatalogue
{
    private const string Folder = "bugs/";

    /// <summary>All of them, by area and ticket.</summary>
    public static IReadOnlyList<BugFile> All { get; } =
    [
        .. typeof(BugCatalogue).Assembly.GetManifestResourceNames().Where(name => name.StartsWith(Folder, StringComparison.Ordinal)).Select(Read)
            .OrderBy(file => file.Bug.Area, StringComparer.Ordinal).ThenBy(file => file.Bug.Id, StringComparer.Ordinal),
    ];

    /// <summary>The bug of a ticket, or that which a file describes.</summary>
    /// <exception cref="InputException">There is no such bug, or the file describes none.</exception>
    /// <exception cref="ScenarioException">Something is wrong with the file.</exception>
    public static BugFile Find(string ticketOrFile)
    {
        if (All.FirstOrDefault(file => string.Equals(file.Bug.Id, ticketOrFile, StringComparison.OrdinalIgnoreCase)) is { } known)
        {
            return known;
        }

        if (ticketOrFile.StartsWith("LP-", StringComparison.OrdinalIgnoreCase) && !File.Exists(ticketOrFile))
        {
            throw new InputException($"there is no bug {ticketOrFile}; 'netlab bugs' lists those there are, and a file can be named too");
        }

        // By way of the reader for all commands, which tells what is wrong with a file that cannot be read.
        var file = BugFile.Of(ticketOrFile, ScenarioFiles.Load(ticketOrFile, variant: null), variant => ScenarioFiles.Load(ticketOrFile, variant));
        return file ?? throw new InputException($"{ticketOrFile} describes no bug: it has no key 'bug'");
    }

    private static BugFile Read(string resource)
    {
        using var stream = typeof(BugCatalogue).Assembly.GetManifestResourceStream(resource)!;
        using var reader = new StreamReader(stream);
        var (name, yaml) = (resource[Folder.Length..], reader.ReadToEnd());
        return BugFile.Of(name, ScenarioDocument.Parse(yaml, name), variant => ScenarioDocument.Parse(yaml, name, variant))
            ?? throw new InvalidOperationException($"{name} is among the bugs and describes none");
    }
}

/// <summary>A scenario that reproduces a bug.</summary>
/// <param name="Name">The file, as messages name it.</param>
/// <param name="Title">What goes wrong, in a sentence.</param>
/// <param name="Bug">The bug.</param>
/// <param name="Variant">Reads one of its variants.</param>
internal sealed record BugFile(string Name, string Title, Bug Bug, Func<string, ScenarioDocument> Variant)
{
    public static BugFile? Of(string name, ScenarioDocument document, Func<string, ScenarioDocument> variant) =>
        document.Bug is { } bug ? new BugFile(name, document.Name, bug, variant) : null;
}
