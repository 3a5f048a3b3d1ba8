using System.Text.Json.Nodes;

namespace NetLab.Scenarios;

/// <summary><c>expect: [vm02]</c> and <c>expect-none: [vm03]</c>: who receives the frame that was sent last, by which way, and who does not.</summary>
internal sealed class ExpectStep : Step
{
    private const string Belongs = "belongs to a frame", Right = "put it beside 'send', or into a step of its own after it";

    public static readonly StepKind Kind = new StepKind<ExpectStep>("expect") { IsAction = false }
        .With("expect", "Who receives the frame that was sent last: VMs, nodes or devices, with the path it takes.",
            new ListShape<ExpectEntry>("receiver", ExpectEntry.Shape, single: true),
            (step, value) => step.Receivers = value.Value, new SideKey("expect", Belongs, Right))
        .With("expect-none", "Who does not receive it; the sender here means that it does not come back.",
            new ListShape<Place>("receiver", Scalars.Place, single: true),
            (step, value) => step.Others = value.Value, new SideKey("expect-none", Belongs, Right));

    public IReadOnlyList<Located<ExpectEntry>> Receivers { get; set; } = [];

    public IReadOnlyList<Located<Place>> Others { get; set; } = [];

    public override string Title =>
        "what became of it: "
        + string.Join(", ", [.. Receivers.Select(expect => expect.Value.Where.Value.ToString()), .. Others.Select(place => $"not {place.Value}")]);

    public override void Check(StepCheck check)
    {
        if (!check.IsSent && (Receivers.Count > 0 || Others.Count > 0))
        {
            check.Report(check.Current.Of(Receivers.Count > 0 ? "expect" : "expect-none"), "nothing is sent before this",
                "put it beside a 'send', or after one");
        }
        foreach (var expect in Receivers)
        {
            check.Receiver(expect.Value.Where);
            foreach (var hop in expect.Value.Via)
            {
                check.Hop(hop);
            }
        }
        foreach (var place in Others)
        {
            check.Receiver(place);
            if (Receivers.Any(expect => expect.Value.Where.Value == place.Value))
            {
                check.Report(place.At, $"'{place.Value}' is expected to receive the frame and not to", "keep one of the two");
            }
        }
    }

    public override async Task ActAsync(Stage stage, StepFindings findings, CancellationToken ct)
    {
        var fate = stage.LastFate ?? throw new StepFailure("nothing was sent before this");
        findings.Fate = fate;
        var problems = new List<string>();
        List<FrameCopy> arrived = [], missing = [];
        foreach (var (expect, _) in Receivers)
        {
            Judge(() => findings.Seen.Add(Reached(stage.Lab, fate, expect)));
        }
        foreach (var (place, _) in Others)
        {
            Judge(() => findings.Seen.Add(NotReached(stage.Lab, fate, place)));
        }
        if (problems.Count > 0)
        {
            List<string> report = [.. problems, fate.Describe(), .. missing.Distinct().Select(copy => $"    {copy.Describe(fate.From)}")];
            foreach (var copy in arrived.Distinct())
            {
                report.AddRange((await fate.WhyItPassedAsync(copy, ct).ConfigureAwait(false)).Select(reason => $"      Why: {reason}"));
            }
            throw new ForwardingException(string.Join(Environment.NewLine, report));
        }

        // The ways of the frame are the same below every complaint: they are told once, after all of them.
        void Judge(Action expectation)
        {
            try
            {
                expectation();
            }
            catch (ForwardingException otherwise)
            {
                problems.Add(otherwise.Message.Split(Environment.NewLine)[0]);
                if (otherwise.Copy is { End: CopyEnd.Delivered } copy)
                {
                    arrived.Add(copy);
                }
                else if (otherwise.Copy is { } never && !fate.Copies.Contains(never))
                {
                    missing.Add(never); // it was wanted, and a switch on the way sent the frame elsewhere
                }
            }
        }
    }

    private static string Reached(Lab lab, Fate fate, ExpectEntry expect)
    {
        var place = expect.Where.Value;
        var arrival = place.Device is { } device ? fate.ShouldReach(lab.FindNode(place.Name)!.Device(device))
            : lab.FindVm(place.Name) is { } vm ? fate.ShouldReach(vm) : fate.ShouldReach(lab.FindNode(place.Name)!);
        var wanted = expect.Copies ?? (place.Device is null ? 1 : null);
        if (wanted is { } copies)
        {
            arrival.Times(copies);
        }
        if (expect.Via.Count > 0)
        {
            arrival.Via([.. expect.Via.Select(hop => hop.Value.Replace(':', '/'))]);
        }
        return $"{place} received it: {WayText.Of(arrival.Copies[0], fate.From)} ({HopsOf(arrival)})";
    }

    private static string NotReached(Lab lab, Fate fate, Place place)
    {
        if (place.Device is { } device)
        {
            fate.ShouldNotReach(lab.FindNode(place.Name)!.Device(device));
            return $"{place} did not see it";
        }
        if (place.Name == fate.From)
        {
            fate.ShouldNotComeBack();
            return $"it did not come back to {place}";
        }
        _ = lab.FindVm(place.Name) is { } vm ? fate.ShouldNotReach(vm) : fate.ShouldNotReach(lab.FindNode(place.Name)!);
        return $"{place} received nothing";
    }

    private static string HopsOf(Arrival arrival) => arrival.Copies[0].Hops.Count is 1
        ? "1 hop"
        : $"{arrival.Copies[0].Hops.Count} hops, {arrival.Latency.TotalMicroseconds:0} µs";
}

/// <summary>One receiver, and how the frame comes to it.</summary>
internal sealed class ExpectEntry : Entry
{
    private static readonly ScalarShape<string> HopName = new("a name", "br0",
        scalar => (scalar.Text, null), () => new JsonObject { ["type"] = "string" });

    public static readonly ObjectShape<ExpectEntry> Shape = new ObjectShape<ExpectEntry>("expect", "a receiver")
        .With("at", "The VM, or the node's own stack, that receives the frame, or a device where it is seen.", Scalars.Place,
            (expect, value) => expect.Where = value, required: true)
        .With("via", "The devices it passes on the way, in order; others may lie between.", new ListShape<string>("hop", HopName, single: true),
            (expect, value) => expect.Via = SplitHops(value))
        .With("copies", "How many copies arrive; 1 when absent.", Scalars.Number("a count", 1, 1_000_000, "1", null), (expect, value) =>
            expect.Copies = value.Value)
        .OrShort("vm02", "^[^\\s:]+(:[^\\s/:]{1,15})?$", (scalar, what, binding) =>
            Scalars.Place.TryBind(scalar, what, binding, out var place) ? new ExpectEntry { Where = new Located<Place>(place, scalar.At) } : null);

    public Located<Place> Where { get; set; }

    public IReadOnlyList<Located<string>> Via { get; set; } = [];

    public int? Copies { get; set; }

    /// <summary>"tap1 > br0 > tap2" is a list of three.</summary>
    private static List<Located<string>> SplitHops(Located<IReadOnlyList<Located<string>>> written)
    {
        var hops = new List<Located<string>>();
        foreach (var item in written.Value)
        {
            var offset = 0;
            foreach (var part in item.Value.Split('>'))
            {
                var name = part.Trim();
                var lead = part.Length - part.TrimStart().Length;
                if (name.Length > 0 && name is not ("…" or "..."))
                {
                    hops.Add(new Located<string>(name, item.At.Shift(offset + lead)));
                }
                offset += part.Length + 1;
            }
        }
        return hops;
    }
}
