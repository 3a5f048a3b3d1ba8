namespace NetLab.Drawing;

/// <summary>
/// Which of a graph's vertices stand above which: level 0 for the sources, one more for each step away from them; of two
/// neighbours on one level the one with more edges goes below, because it gathers what is above it.
/// </summary>
internal static class Levels
{
    /// <summary>The level of every vertex, from 0; each connected part is levelled by itself.</summary>
    /// <param name="vertices">The vertices, in the order in which they were described.</param>
    /// <param name="edges">Which of them are neighbours.</param>
    /// <param name="sourcesOf">The vertices of a connected part that are to be on top; none lets its first one be.</param>
    public static Dictionary<T, int> Of<T>(IReadOnlyList<T> vertices, IEnumerable<(T A, T B)> edges, Func<IReadOnlyList<T>, IEnumerable<T>> sourcesOf)
        where T : notnull
    {
        var neighbours = Neighbours(vertices, edges);
        var levels = new Dictionary<T, int>();
        foreach (var part in Parts(vertices, neighbours))
        {
            HashSet<T> sources = [.. sourcesOf(part).DefaultIfEmpty(part[0])];
            var queue = new Queue<T>(part.Where(sources.Contains));
            foreach (var source in queue)
            {
                levels[source] = 0;
            }

            while (queue.TryDequeue(out var vertex))
            {
                foreach (var other in neighbours[vertex].Where(o => levels.TryAdd(o, levels[vertex] + 1)))
                {
                    queue.Enqueue(other);
                }
            }

            HashSet<T> inner = [.. part.Where(v => sources.Contains(v) || neighbours[v].Count > 1)];
            LowerTheLarger(inner, neighbours, levels);
            foreach (var leaf in part.Except(inner))
            {
                levels[leaf] = levels[neighbours[leaf][0]] + 1;
            }
        }

        return levels;
    }

    /// <summary>The neighbours of every vertex, each once, in order.</summary>
    public static Dictionary<T, List<T>> Neighbours<T>(IReadOnlyList<T> vertices, IEnumerable<(T A, T B)> edges)
        where T : notnull
    {
        var neighbours = vertices.ToDictionary(v => v, _ => new List<T>());
        foreach ((var a, var b) in edges)
        {
            if (!a.Equals(b) && !neighbours[a].Contains(b))
            {
                neighbours[a].Add(b);
                neighbours[b].Add(a);
            }
        }

        return neighbours;
    }

    /// <summary>The connected parts, in the order of their first vertices.</summary>
    public static List<IReadOnlyList<T>> Parts<T>(IReadOnlyList<T> vertices, Dictionary<T, List<T>> neighbours)
        where T : notnull
    {
        var parts = new List<IReadOnlyList<T>>();
        var seen = new HashSet<T>();
        foreach (var start in vertices.Where(v => !seen.Contains(v)))
        {
            var reached = new HashSet<T> { start };
            var stack = new Stack<T>([start]);
            while (stack.TryPop(out var vertex))
            {
                foreach (var other in neighbours[vertex].Where(reached.Add))
                {
                    stack.Push(other);
                }
            }

            seen.UnionWith(reached);
            parts.Add([.. vertices.Where(reached.Contains)]);
        }

        return parts;
    }

    // Ends of the graph are left out: they follow their one neighbour wherever it goes.
    private static void LowerTheLarger<T>(HashSet<T> inner, Dictionary<T, List<T>> neighbours, Dictionary<T, int> levels)
        where T : notnull
    {
        for (var round = 0; round < inner.Count; round++)
        {
            var changed = false;
            foreach (var vertex in inner)
            {
                if (neighbours[vertex].Exists(o => inner.Contains(o) && levels[o] == levels[vertex] && neighbours[o].Count < neighbours[vertex].Count))
                {
                    levels[vertex]++;
                    changed = true;
                }
            }

            if (!changed)
            {
                return;
            }
        }
    }
}
