namespace NetLab.Tests.Forwarding.Property;

/// <summary>A wrong verdict: what was told of which frame, and what was read.</summary>
internal sealed record WrongVerdict(int Frame, string Told, string Fate);

/// <summary>A receiver that was wanted, that a frame did not reach, and what is told of that.</summary>
/// <param name="Frame">The frame.</param>
/// <param name="Who">The receiver.</param>
/// <param name="Cause">The cause; null where none is told.</param>
/// <param name="IsUndecidable">Whether it is told that nothing more can be known.</param>
/// <param name="Fate">The fate in words.</param>
internal sealed record Unreached(SentPiece Frame, string Who, string? Cause, bool IsUndecidable, string Fate);

/// <summary>What a network's frames showed.</summary>
internal sealed record Outcome(int Fates, IReadOnlyList<WrongVerdict> Wrong, IReadOnlyList<Unreached> Unreached);

/// <summary>Builds a network, sends its frames one after the other, and holds each fate against what was read.</summary>
internal static class Trial
{
    public static async Task<Outcome> RunAsync(Network network, FrameTracing tracing)
    {
        using var described = Described.Of(network.Pieces, tracing);
        var lab = described.Lab;
        await lab.ApplyAsync();
        foreach (var piece in network.Pieces)
        {
            await piece.DoAsync(lab);
        }

        await lab.SettleAsync();
        using var witnesses = new Witnesses(lab);
        await witnesses.ForgetAsync();
        var wrong = new List<WrongVerdict>();
        var unreached = new List<Unreached>();
        var fates = new Dictionary<ushort, (int Index, Fate Fate)>();
        for (var i = 0; i < network.Frames.Count; i++)
        {
            var sent = network.Frames[i];
            var fate = await lab.FindVm(sent.Vm)!.SendAsync(sent.Frame);
            var readings = await witnesses.TakeAsync(sent);
            wrong.AddRange(Wrong(lab, sent, fate, readings).Select(told => new WrongVerdict(i, told, fate.Describe())));
            foreach (var (who, number) in readings.Late)
            {
                if (fates.TryGetValue(number, out var earlier) && !earlier.Fate.Copies.Any(c => c.End is CopyEnd.Pending or CopyEnd.Lost))
                {
                    wrong.Add(new WrongVerdict(earlier.Index,
                        $"{who} read the frame later, and its fate tells of no copy that waits or was lost from sight", earlier.Fate.Describe()));
                }
            }

            if (Witnesses.NumberOf(sent.Frame) is { } own)
            {
                fates[own] = (i, fate);
            }

            unreached.AddRange(sent.Wanted.Where(who => readings[who] == 0 && !Answered(fate, who)).Select(who => Missing(lab, sent, fate, who)));
        }

        return new Outcome(network.Frames.Count, wrong, unreached);
    }

    private static bool Answered(Fate fate, string who) => fate.Copies.Any(c => c.Node?.Name == who);

    private static Unreached Missing(Lab lab, SentPiece sent, Fate fate, string who)
    {
        var reason = lab.FindVm(who) is { } vm ? fate.WhyNot(vm) : fate.WhyNot(lab.FindNode(who)!);
        var isUndecidable = reason is null && fate.Copies.Any(c => c.MayHaveReached is not null);
        var cause = reason?.Cause.Word ?? (fate.Refusal is not null ? "refused" : isUndecidable ? "undecidable" : null);
        return new Unreached(sent, who, cause, isUndecidable, fate.Describe());
    }

    private static IEnumerable<string> Wrong(Lab lab, SentPiece sent, Fate fate, Readings readings)
    {
        var waiting = fate.Copies.Count(c => c.End is CopyEnd.Pending);
        foreach (var vm in lab.Vms)
        {
            // What waits may go on before the witnesses are asked: each copy to one of them.
            var told = fate.Copies.Count(c => ReferenceEquals(c.Vm, vm));
            waiting -= Math.Max(0, readings[vm.Name] - told);
            if (readings[vm.Name] < told || (readings[vm.Name] > told && waiting < 0))
            {
                yield return $"told: {told} copies to {vm.Name}; it read {readings[vm.Name]}";
            }
        }

        // A node counts datagrams of the port where its socket listens, and pings.
        if (sent.Frame.Udp is null && !Witnesses.IsPing(sent.Frame))
        {
            yield break;
        }

        foreach (var node in lab.Nodes)
        {
            var told = fate.Copies.Count(c => ReferenceEquals(c.Node, node));
            var perhaps = fate.Copies.Count(c => ReferenceEquals(c.MayHaveReached, node));
            if (readings[node.Name] < told || readings[node.Name] > told + perhaps)
            {
                yield return $"told: {told} copies to node {node.Name}{(perhaps > 0 ? $" and perhaps {perhaps}" : "")}; it read {readings[node.Name]}";
            }
        }
    }
}
