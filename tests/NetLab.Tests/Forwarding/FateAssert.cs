using NetLab.Linux.Bpf;

namespace NetLab.Tests.Forwarding;

/// <summary>Expectations of why a frame ended.</summary>
internal static class FateAssert
{
    public static readonly LabOptions Traced = new() { Tracing = FrameTracing.Kernel };

    /// <summary>
    /// Whether this kernel tells when a socket is given something (Linux 6.2): without that it is known only where the state of the node shows it.
    /// </summary>
    public static bool KernelTellsOfSockets => KernelLayout.Running.Tracepoint("sk_data_ready") is not null;

    /// <summary>One copy of the frame ended there, by that cause, and its sentence says these words; so does the text of the fate.</summary>
    public static Reason EndsBy(this Fate fate, string cause, string place, params string[] words)
    {
        var copy = fate.Copies.FirstOrDefault(c => c.Reason?.Cause == cause && c.Reason.Place == place)
            ?? fate.Copies.FirstOrDefault(c => c.Reason?.Cause == cause);
        Assert.True(copy is not null, $"No copy ended by {cause}:{Environment.NewLine}{fate.Describe()}");
        var reason = copy!.Reason!;
        Assert.Equal(place, reason.Place);
        Assert.All(words, w => Assert.Contains(w, reason.Sentence, StringComparison.Ordinal));
        Assert.NotEmpty(reason.Evidence);
        Remedy.HasNoGap(reason.Remedy);
        Assert.Contains(reason.Sentence, fate.Describe(), StringComparison.Ordinal);
        Assert.Equal(0, fate.LostEvents);
        return reason;
    }
}
