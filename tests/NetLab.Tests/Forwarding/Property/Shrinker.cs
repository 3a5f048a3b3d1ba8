using NetLab.Linux.Processes;

namespace NetLab.Tests.Forwarding.Property;

/// <summary>Makes a network in which a verdict is wrong smaller, for as long as one is wrong in it.</summary>
internal static class Shrinker
{
    public static async Task<Network> ShrinkAsync(Network network, Func<Network, Task<bool>> isWrong)
    {
        var smallest = network;
        for (var before = int.MaxValue; Size(smallest) < before;)
        {
            before = Size(smallest);
            for (var i = smallest.Frames.Count - 1; i >= 0 && smallest.Frames.Count > 1; i--)
            {
                smallest = await TryAsync(smallest, smallest with { Frames = Without(smallest.Frames, i) }, isWrong);
                i = Math.Min(i, smallest.Frames.Count);
            }

            for (var i = smallest.Pieces.Count - 1; i >= 0; i--)
            {
                smallest = await TryAsync(smallest, Fitting(Without(smallest.Pieces, i), smallest.Frames), isWrong);
                i = Math.Min(i, smallest.Pieces.Count);
            }
        }

        return smallest;
    }

    private static int Size(Network network) => network.Pieces.Count + network.Frames.Count;

    private static List<T> Without<T>(IReadOnlyList<T> all, int index) => [.. all.Where((_, i) => i != index)];

    private static async Task<Network> TryAsync(Network smallest, Network smaller, Func<Network, Task<bool>> isWrong) =>
        smaller.Frames.Count > 0 && await IsPossibleAsync(smaller, isWrong) ? smaller : smallest;

    // What breaks something may find nothing to break any more.
    private static async Task<bool> IsPossibleAsync(Network network, Func<Network, Task<bool>> isWrong)
    {
        try
        {
            return await isWrong(network);
        }
        catch (Exception e) when (e is TopologyException or ProcessFailedException or RulesetException)
        {
            return false;
        }
    }

    // What names something that is gone goes with it.
    private static Network Fitting(List<Piece> pieces, IReadOnlyList<SentPiece> frames)
    {
        var kept = new List<Piece>();
        using var described = Described.Of([]);
        foreach (var piece in pieces)
        {
            try
            {
                piece.Describe(described.Lab);
                kept.Add(piece);
            }
            catch (TopologyException)
            {
                // It names what is gone.
            }
        }

        return new Network(kept, [.. frames.Where(f => described.Lab.FindVm(f.Vm) is not null)
            .Select(f => f with { Wanted = [.. f.Wanted.Where(w => described.Lab.FindVm(w) is not null || described.Lab.FindNode(w) is not null)] })]);
    }
}
