namespace NetLab.Tests.Forwarding.Property;

/// <summary>What random networks showed: how many fates, how many wanted receivers that were not reached, and which of those without a reason.</summary>
internal sealed class RandomRun
{
    private const int FramesOfNetwork = 12;
    private const int WithReasonOfHundred = 98;
    private readonly List<string> _without = [];
    private int _unreached;

    /// <summary>The network of a seed.</summary>
    public static Network NetworkOf(int seed) => RandomNetwork.Make(new Random(seed), FramesOfNetwork);

    /// <summary>How many frames were sent, and their fates held against what was read.</summary>
    public int Fates { get; private set; }

    /// <summary>The figures in a line.</summary>
    public string Note => $"{_unreached} wanted receivers not reached, {_without.Count} of them without a reason";

    /// <summary>The receivers without a reason, where they are more than two of a hundred, and more than one of fewer; null where they are not.</summary>
    public string? TooManyWithout => _without.Count <= 1 || _without.Count * 100 <= _unreached * (100 - WithReasonOfHundred) ? null
        : $"{Note}:{Environment.NewLine}{string.Join(Environment.NewLine, _without.Take(5))}";

    /// <summary>Sends the frames of a seed's network at one level of tracing.</summary>
    /// <returns>What is wrong, with the smallest network in which it is; null where nothing is.</returns>
    public async Task<string?> TurnAsync(int seed, FrameTracing tracing)
    {
        var network = NetworkOf(seed);
        var outcome = await Trial.RunAsync(network, tracing);
        Fates += outcome.Fates;
        _unreached += outcome.Unreached.Count(u => !u.IsUndecidable);
        _without.AddRange(outcome.Unreached.Where(u => u.Cause is null or "unknown")
            .Select(u => $"seed {seed}, {tracing}: nothing tells why {u.Who} was not reached: {u.Frame}{Environment.NewLine}{u.Fate}"));
        if (outcome.Wrong.Count == 0)
        {
            return null;
        }

        var smallest = await Shrinker.ShrinkAsync(network, async smaller => (await Trial.RunAsync(smaller, tracing)).Wrong.Count > 0);
        var wrong = (await Trial.RunAsync(smallest, tracing)).Wrong;
        var told = (wrong.Count > 0 ? wrong : outcome.Wrong).Select(w => w.Told + Environment.NewLine + w.Fate);
        return $"seed {seed}, {tracing}: {string.Join(Environment.NewLine, told)}"
            + $"{Environment.NewLine}in this network{(wrong.Count > 0 ? "" : ", not every time")}:{Environment.NewLine}{smallest}";
    }
}
