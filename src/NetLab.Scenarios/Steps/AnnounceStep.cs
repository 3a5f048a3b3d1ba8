namespace NetLab.Scenarios;

/// <summary><c>announce: vm01</c>: a VM or a node announces its addresses by gratuitous ARP.</summary>
internal sealed class AnnounceStep : Step
{
    public static readonly StepKind Kind = new StepKind<AnnounceStep>("announce").With("announce",
        "A VM or a node announces its IPv4 addresses by gratuitous ARP; a node as `arping -U` and `arping -A` do.", Scalars.Place, (announce, value) =>
            announce.Who = value);

    private Located<Place> Who { get; set; }

    public override string Title => $"{Who.Value} announces its addresses";

    public override bool IsChange => true;

    public override void Check(StepCheck check)
    {
        if (Who.Value.Device is not null)
        {
            check.Report(Who.At, $"'{Who.Value}' names a device, and a VM or a node announces what it has", $"announce: {Who.Value.Name}");
        }
        else
        {
            check.IsKnown(Who);
        }
    }

    public override async Task ActAsync(Stage stage, StepFindings findings, CancellationToken ct)
    {
        if (stage.Lab.FindVm(Who.Value.Name) is { } vm)
        {
            foreach (var fate in await vm.AnnounceAddressesAsync(ct).ConfigureAwait(false))
            {
                findings.Fate = stage.LastFate = fate;
                findings.Seen.Add($"{vm.Name} sent {fate.Frame}");
            }
            return;
        }
        await stage.Lab.FindNode(Who.Value.Name)!.AnnounceAddressesAsync(ct).ConfigureAwait(false);
        findings.Seen.Add($"{Who.Value} announced its addresses");
    }
}
