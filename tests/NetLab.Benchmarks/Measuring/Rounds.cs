namespace NetLab.Benchmarks;

/// <summary>Rounds in which contenders take turns, so that whatever else the machine does falls on all of them.</summary>
internal static class Rounds
{
    /// <summary>The median of each contender's figures.</summary>
    /// <param name="rounds">How often each has its turn; one more turn goes before, and does not count.</param>
    /// <param name="contenders">Each does its work once and gives its figure.</param>
    public static async Task<double[]> MediansAsync(int rounds, params Func<Task<double>>[] contenders) =>
        [.. (await FiguresAsync(rounds, contenders).ConfigureAwait(false)).Select(Median)];

    /// <summary>All figures of each contender.</summary>
    /// <inheritdoc cref="MediansAsync"/>
    public static async Task<IReadOnlyList<double>[]> FiguresAsync(int rounds, params Func<Task<double>>[] contenders)
    {
        var figures = contenders.Select(_ => new List<double>(rounds)).ToArray();
        for (var round = -1; round < rounds; round++)
        {
            for (var turn = 0; turn < contenders.Length; turn++)
            {
                // Who comes first changes from round to round.
                var who = (turn + round + 1) % contenders.Length;
                var figure = await contenders[who]().ConfigureAwait(false);
                if (round >= 0)
                {
                    figures[who].Add(figure);
                }
            }
        }

        return figures;
    }

    /// <summary>The highest figure of some rounds right after each other: what a rate is when nothing else on the machine is in its way.</summary>
    public static async Task<double> BestAsync(int rounds, Func<Task<double>> contender)
    {
        double best = 0;
        for (var round = 0; round < rounds; round++)
        {
            best = Math.Max(best, await contender().ConfigureAwait(false));
        }

        return best;
    }

    public static double Median(IEnumerable<double> figures)
    {
        double[] sorted = [.. figures.Order()];
        var half = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }
}
