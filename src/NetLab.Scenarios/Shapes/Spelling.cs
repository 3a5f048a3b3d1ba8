namespace NetLab.Scenarios;

/// <summary>"Did you mean": the known word that a mistyped one was most likely meant to be.</summary>
internal static class Spelling
{
    /// <summary>The nearest of the known words, or null when none is near.</summary>
    public static string? Nearest(string word, IEnumerable<string> known)
    {
        var wanted = Plain(word);
        string? best = null;
        var bestDistance = Math.Max(1, wanted.Length / 3) + 1;
        foreach (var candidate in known)
        {
            var distance = Distance(wanted, Plain(candidate));
            if (distance < bestDistance)
            {
                (best, bestDistance) = (candidate, distance);
            }
        }
        return best;
    }

    /// <summary>The end of a message: "did you mean 'x'?", or what there is to choose from.</summary>
    public static string Suggest(string word, IReadOnlyCollection<string> known, string noun)
    {
        if (Nearest(word, known) is { } near)
        {
            return $"did you mean '{near}'?";
        }
        return known.Count switch
        {
            0 => $"there is no {noun} yet",
            <= 16 => $"known here: {string.Join(", ", known)}",
            _ => $"known here: {string.Join(", ", known.Take(16))}, …",
        };
    }

    private static string Plain(string word) => word.Replace('_', '-').ToLowerInvariant();

    /// <summary>Edits between two words: insert, delete, replace, swap neighbours (Damerau and Levenshtein, adjacent).</summary>
    private static int Distance(string a, string b)
    {
        var rows = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            rows[i, 0] = i;
        }
        for (var j = 0; j <= b.Length; j++)
        {
            rows[0, j] = j;
        }
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var replace = rows[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                var best = Math.Min(replace, Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    best = Math.Min(best, rows[i - 2, j - 2] + 1);
                }
                rows[i, j] = best;
            }
        }
        return rows[a.Length, b.Length];
    }
}
