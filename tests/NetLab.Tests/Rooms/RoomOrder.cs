using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace NetLab.Tests.Rooms;

/// <summary>
/// Reads the sources of <c>src/NetLab</c> as the compiler does, and says which file names what of which room. A type whose parts stand in
/// several rooms is at home in the first of them; a member in the room of its file.
/// </summary>
internal sealed partial class RoomOrder
{
    private static readonly string Root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ThisFile())!, "../../.."));
    private static readonly string Library = Path.Combine(Root, "src/NetLab") + "/";

    private readonly CSharpCompilation _library;

    private RoomOrder(CSharpCompilation library, IReadOnlyList<IReadOnlyList<string>> ranks) => (_library, Ranks) = (library, ranks);

    /// <summary>The rooms as the README orders them; those of one rank may use each other.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Ranks { get; }

    /// <summary>The folders that there are.</summary>
    public static IEnumerable<string> Folders => Directory.GetDirectories(Library).Select(d => Path.GetFileName(d)).Where(d => d is not ("bin" or "obj"));

    public static RoomOrder Read()
    {
        var order = Order().Match(File.ReadAllText(Path.Combine(Root, "README.md"))).Value;
        IReadOnlyList<IReadOnlyList<string>> ranks = [.. order.Split('<').Select(rank => Name().Matches(rank).Select(m => m.Groups[1].Value).ToList())];

        string[] usings = ["System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Net.Http", "System.Threading", "System.Threading.Tasks"];
        var files = Directory.GetFiles(Library, "*.cs", SearchOption.AllDirectories).Where(f => RoomOf(f) is not (null or "bin" or "obj"));
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(':').Where(f => Path.GetFileName(f) != "NetLab.dll");
        return new RoomOrder(
            CSharpCompilation.Create(
                "NetLab",
                files.Select(f => CSharpSyntaxTree.ParseText(File.ReadAllText(f), path: f))
                    .Append(CSharpSyntaxTree.ParseText(string.Concat(usings.Select(u => $"global using {u};")))),
                references.Select(f => MetadataReference.CreateFromFile(f)),
                new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true)),
            ranks);
    }

    /// <summary>What would be wrong in one more file.</summary>
    /// <param name="path">Where it would stand, below <c>src/NetLab</c>.</param>
    /// <param name="text">What is in it.</param>
    public IReadOnlyList<string> WrongIn(string path, string text)
    {
        var tree = CSharpSyntaxTree.ParseText(text, path: Library + path);
        return [.. new RoomOrder(_library.AddSyntaxTrees(tree), Ranks).Wrong(tree)];
    }

    /// <summary>What could not be understood; a name that is not understood is not seen. Code that generators write is not there.</summary>
    public IEnumerable<string> NotUnderstood() =>
        _library.GetDiagnostics().Where(d => d is { Severity: DiagnosticSeverity.Error, Id: not "CS8795" }).Select(d => d.ToString());

    /// <summary>Every use of a room by one that comes before it.</summary>
    public IReadOnlyList<string> Wrong() =>
        [.. _library.SyntaxTrees.Where(t => RoomOf(t.FilePath) is not null).SelectMany(Wrong).Distinct().Order()];

    /// <summary>The fields that parts of a type have outside these rooms.</summary>
    public IEnumerable<string> FieldsOutside(string type, params string[] rooms) =>
        from member in _library.GetTypeByMetadataName($"NetLab.{type}")!.GetMembers()
        where member is IFieldSymbol { IsStatic: false } or IPropertySymbol { IsStatic: false, SetMethod: not null }
        from part in member.DeclaringSyntaxReferences
        where !rooms.Contains(RoomOf(part.SyntaxTree.FilePath))
        select $"{Path.GetRelativePath(Library, part.SyntaxTree.FilePath)} keeps {member.Name}";

    /// <summary>The members of a folder's files that read a member of one of these types.</summary>
    public IEnumerable<string> ReadersIn(string folder, string member, params string[] types) =>
        from tree in _library.SyntaxTrees
        where tree.FilePath.StartsWith(Library + folder + "/", StringComparison.Ordinal)
        let model = _library.GetSemanticModel(tree)
        from name in tree.GetRoot().DescendantNodes().OfType<SimpleNameSyntax>()
        where name.Identifier.Text == member && model.GetSymbolInfo(name).Symbol is { ContainingType.Name: var type } && types.Contains(type)
        select $"{Path.GetFileNameWithoutExtension(tree.FilePath)}.{name.Ancestors().OfType<MethodDeclarationSyntax>().FirstOrDefault()?.Identifier.Text}";

    private IEnumerable<string> Wrong(SyntaxTree tree)
    {
        var model = _library.GetSemanticModel(tree);
        var room = RoomOf(tree.FilePath)!;
        foreach (var name in tree.GetRoot().DescendantNodes().OfType<SimpleNameSyntax>())
        {
            var used = model.GetSymbolInfo(name).Symbol?.OriginalDefinition;
            if (used is not (null or ILocalSymbol or IParameterSymbol or INamespaceSymbol) && HomeOf(used) is { } home && RankOf(home) > RankOf(room))
            {
                var what = used.ContainingType is { Name.Length: > 0 } type ? $"{type.Name}.{used.Name}" : used.Name;
                yield return $"{Path.GetRelativePath(Library, tree.FilePath)} names {what}, which is in {home}: that room comes after {room}";
            }
        }
    }

    private string? HomeOf(ISymbol used) =>
        used.DeclaringSyntaxReferences.Select(r => RoomOf(r.SyntaxTree.FilePath)).OfType<string>().OrderBy(RankOf).FirstOrDefault();

    private int RankOf(string room) => Ranks.TakeWhile(rank => !rank.Contains(room)).Count();

    private static string? RoomOf(string path) =>
        path.StartsWith(Library, StringComparison.Ordinal) && path.IndexOf('/', Library.Length) is >= 0 and var end ? path[Library.Length..end] : null;

    private static string ThisFile([CallerFilePath] string path = "") => path;

    [GeneratedRegex(@"`Topology` <[^.]*")]
    private static partial Regex Order();

    [GeneratedRegex("`([A-Za-z]+)`")]
    private static partial Regex Name();
}
