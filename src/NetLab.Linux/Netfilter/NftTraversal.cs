using System.Globalization;

namespace NetLab.Linux.Netfilter;

/// <summary>A frame's way through the chains at one hook: from a base chain, by jumps, to the rule or policy that decided.</summary>
/// <param name="Steps">In order; at least one.</param>
internal sealed record NftTraversal(IReadOnlyList<NftTraceEvent> Steps)
{
    /// <summary>The step that decided, or the last that was told.</summary>
    public NftTraceEvent Last => Steps[^1];

    /// <summary>The steps whose jumps led to the chain of the deciding rule, from the base chain on; empty when that stands in the base chain itself.</summary>
    public IReadOnlyList<NftTraceEvent> Jumps
    {
        get
        {
            var jumps = new List<NftTraceEvent>();
            if (Last.Step is not NftTraceStep.Policy)
            {
                // A chain cannot call itself, so the latest jump to it is the one that counts.
                var chain = Last.Chain;
                for (var i = Steps.Count - 1; i >= 0; i--)
                {
                    if (Steps[i].Verdict == $"jump {chain}" || Steps[i].Verdict == $"goto {chain}")
                    {
                        jumps.Insert(0, Steps[i]);
                        chain = Steps[i].Chain;
                    }
                }
            }

            return jumps;
        }
    }

    /// <summary>Sorts steps into ways, in the order of their beginnings.</summary>
    /// <param name="steps">As <see cref="NftTrace.Read"/> gave them.</param>
    public static IReadOnlyList<NftTraversal> Of(IEnumerable<NftTraceEvent> steps)
    {
        ArgumentNullException.ThrowIfNull(steps);
        var all = new List<List<NftTraceEvent>>();
        var open = new Dictionary<uint, List<NftTraceEvent>>();
        foreach (var step in steps)
        {
            // The kernel uses a trace's number for all hooks that a frame passes, and may use it again for another frame.
            if (step.IsFirst || !open.TryGetValue(step.TraceId, out var way))
            {
                all.Add(open[step.TraceId] = way = []);
            }

            way.Add(step);
        }

        return [.. all.Select(way => new NftTraversal(way))];
    }

    /// <summary>One line: <c>trace id 4f76ec23: guard/f handle 2 verdict drop</c>.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"trace id {Last.TraceId:x8}: {Last.Table}/{Last.Chain} {(Last.Step is NftTraceStep.Policy ? "policy" : $"handle {Last.RuleHandle}")}" +
            $" verdict {Last.Verdict}");
}
