using System.Globalization;

namespace NetLab.Scenarios;

/// <summary>
/// <c>received: { by: vm01, frame: arp src=10.0.0.1, count: 1 }</c>: what a VM was sent since the step before that acted: by others, by programs, by the
/// kernel.
/// </summary>
internal sealed class ReceivedStep : Step
{
    private const int MostShown = 8;

    public static readonly StepKind Kind = new StepKind<ReceivedStep>("received").Of("What a VM has received since the last step that acted.",
        new ObjectShape<ReceivedStep>("received", "frames that a VM received")
        .With("by", "The VM.", Scalars.Name, (received, value) => received.By = value, required: true)
        .With("frame", "Which frames count, in the words of a filter: 'udp port=53', 'arp src=10.0.0.1', '!icmp'; all when absent.", Filter,
            (received, value) => received.Frame = value.Value)
        .With("count", "How many there must be: at least one when absent, none with 0.", Scalars.Number("a count", 0, 1_000_000, "1", null),
            (received, value) => received.Count = value.Value)
        .With("from", "Whose MAC address they come from: a VM, or a device of a node.", Scalars.Place, (received, value) => received.From = value)
        .With("within", "How long to wait for them, where a program sends them; when absent, only what came by itself counts.", Scalars.Duration,
            (received, value) => received.Within = value.Value));

    private static ScalarShape<FrameFilter> Filter => new("a filter", "'udp port=53'",
        scalar =>
        {
            try
            {
                return (FrameFilter.Parse(scalar.Text), null);
            }
            catch (ScenarioException wrong)
            {
                var first = wrong.Diagnostics[0];
                return (FrameFilter.Parse(null), new Problem($"{scalar.Noun}: {first.Wrong}", first.Right, first.At.Column - 1));
            }
        },
        () => new() { ["type"] = "string" });

    private Located<string> By { get; set; }

    private FrameFilter Frame { get; set; } = FrameFilter.Parse(null);

    private int? Count { get; set; }

    private Located<Place>? From { get; set; }

    private TimeSpan? Within { get; set; }

    public override string Title => $"{By.Value} has received "
        + (Count is { } count ? count == 0 ? "none" : count.ToString(CultureInfo.InvariantCulture) : "some")
        + (From is { } from ? $" from {from.Value}" : "");

    public override void Check(StepCheck check)
    {
        check.Vm(By);
        if (From is { } from)
        {
            check.Receiver(from);
        }
    }

    public override async Task ActAsync(Stage stage, StepFindings findings, CancellationToken ct)
    {
        var vm = stage.Lab.FindVm(By.Value)!;
        await stage.Lab.SettleAsync(ct).ConfigureAwait(false);
        if (Within is { } time && Fitting().Count < Math.Max(1, Count ?? 1))
        {
            await WaitAsync(time).ConfigureAwait(false);
        }
        var frames = Fitting();
        var all = vm.Received.Where(frame => frame.At >= stage.ActedAt).ToList();
        findings.Seen.AddRange(frames.Take(MostShown).Select(frame => $"{vm.Name} received {Described(frame)}"));
        if (Count is { } count ? frames.Count != count : frames.Count == 0)
        {
            var shown = frames.Count > 0 ? frames : all;
            throw new StepFailure(string.Join(Environment.NewLine,
            [
                $"{vm.Name} received {frames.Count} such frames; expected {(Count is { } wanted ? wanted : "at least one")}"
                    + (frames.Count > 0 || all.Count == 0 ? "" : $". It did receive {all.Count} others:"),
                .. shown.Take(MostShown).Select(frame => "  " + Described(frame)),
                .. shown.Take(MostShown).SelectMany(frame => ArrivalReasons.OfAnswer(frame.Frame, stage.OwnerOf(frame.Frame.Source))).Distinct()
                    .Select(reason => $"    Why: {reason}"),
            ]));
        }

        List<ReceivedFrame> Fitting() => [.. vm.Received.Where(frame => frame.At >= stage.ActedAt && Frame.Matches(frame.Frame) && IsFrom(frame))];

        bool IsFrom(ReceivedFrame frame) => From is not { } from || frame.Frame.Source == (from.Value.Device is { } device
            ? stage.Device(new DevicePlace(from.Value.Name, device)).Mac
            : stage.Lab.FindVm(from.Value.Name)!.Mac);

        string Described(ReceivedFrame frame) =>
            $"{frame.Frame}{(stage.OwnerOf(frame.Frame.Source) is { } owner ? $"   (from {owner.Guest?.Name ?? $"{owner.Node}:{owner.Name}"})" : "")}";

        async Task WaitAsync(TimeSpan time)
        {
            var patience = new Patience(stage.Lab, time);
            try
            {
                while (Fitting().Count < Math.Max(1, Count ?? 1))
                {
                    await patience.WaitAsync(over => vm.Inbox.Take(Frame.Matches, over), ct).ConfigureAwait(false);
                }
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                // What is missing then is told below.
            }
        }
    }
}
