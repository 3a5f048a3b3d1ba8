using System.Collections;
using System.Text.RegularExpressions;

namespace NetLab.Tests.Forwarding;

/// <summary>One way to lose a frame, and what its fate must say of it.</summary>
/// <param name="Word">The cause: <see cref="Reason.Cause"/>.</param>
/// <param name="Place">Where, asked once the frame is lost: <see cref="Reason.Place"/>.</param>
/// <param name="Says">Words of the sentence.</param>
/// <param name="Provoke">Breaks the network and sends the frame.</param>
internal sealed record Cause<TScene>(string Word, Func<TScene, Task<string>> Place, string Says, Func<TScene, Task<Fate>> Provoke);

/// <summary>Ways to lose a frame, each by its name; a theory runs them all.</summary>
internal sealed class CauseTable<TScene> : IEnumerable
{
    private readonly Dictionary<string, Cause<TScene>> _rows = [];

    public TheoryData<string> Names => [.. _rows.Keys];

    public void Add(string name, string word, string place, string says, Func<TScene, Task<Fate>> provoke) =>
        Add(name, word, _ => Task.FromResult(place), says, provoke);

    public void Add(string name, string word, Func<TScene, Task<string>> place, string says, Func<TScene, Task<Fate>> provoke) =>
        _rows.Add(name, new Cause<TScene>(word, place, says, provoke));

    /// <summary>Loses a frame in this way, and checks what is told of it.</summary>
    public async Task<Reason> CheckAsync(string name, TScene scene)
    {
        var row = _rows[name];
        var fate = await row.Provoke(scene);
        return fate.EndsBy(row.Word, await row.Place(scene), row.Says);
    }

    public IEnumerator GetEnumerator() => _rows.GetEnumerator();
}

internal static class InAScene
{
    /// <summary>Loses a frame in a network of its own.</summary>
    public static async Task<Reason> CheckAsync<TScene>(this CauseTable<TScene> table, string name, Task<TScene> building)
        where TScene : IAsyncDisposable
    {
        await using var scene = await building;
        return await table.CheckAsync(name, scene);
    }
}

internal static partial class InWords
{
    /// <summary>Runs a command in the node as people type it: <c>ip route add blackhole 192.0.2.0/24</c>.</summary>
    public static async Task DoAsync(this Node node, string command)
    {
        var words = WordPattern().Matches(command).Select(word => word.Value.Replace("'", "", StringComparison.Ordinal)).ToArray();
        (await node.ExecAsync(words[0], words[1..])).EnsureSuccess();
    }

    /// <summary>Runs one command after the other.</summary>
    public static async Task DoAsync(this Node node, IEnumerable<string> commands)
    {
        foreach (var command in commands)
        {
            await node.DoAsync(command);
        }
    }

    /// <summary>As a shell tells words apart: what stands in single quotes is one.</summary>
    [GeneratedRegex(@"(?:'[^']*'|[^\s'])+")]
    private static partial Regex WordPattern();
}
