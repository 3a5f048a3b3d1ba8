namespace NetLab.Scenarios;

/// <summary><c>connect: { from: vm01, to: vm02, port: 22 }</c>: a VM or a node asks for a TCP connection.</summary>
internal sealed class ConnectStep : Step
{
    private static readonly Dictionary<string, ProbeOutcome> Outcomes = new()
    {
        ["connected"] = ProbeOutcome.Answered,
        ["refused"] = ProbeOutcome.Refused,
        ["unreachable"] = ProbeOutcome.Unreachable,
        ["not-sent"] = ProbeOutcome.NotSent,
        ["silence"] = ProbeOutcome.Silent,
    };

    public static readonly StepKind Kind = new StepKind<ConnectStep>("connect").Of("Ask for a TCP connection.",
        new ObjectShape<ConnectStep>("connect", "a TCP connection")
        .With("from", "The VM or node that asks.", Scalars.Place, (connect, value) => connect.From = value, required: true)
        .With("to", "The VM or node that is asked, or an address.", Texts.Target, (connect, value) => connect.To = value, required: true)
        .With("port", "The port.", Scalars.Port, (connect, value) => connect.Port = value.Value, required: true)
        .With("expect", "How it must come out; connected when absent. unreachable: an ICMP error came back, other than the one of a port where nobody "
            + "listens; not-sent: the node's own stack did not send it.", Scalars.OneOf("an outcome", [.. Outcomes.Keys]), (connect, value) =>
            connect.Expected = value.Value));

    private Located<Place> From { get; set; }

    private Located<Target> To { get; set; }

    private int Port { get; set; }

    private string Expected { get; set; } = "connected";

    public override string Title => $"{From.Value} connects to {To.Value}, TCP port {Port}{(Expected is "connected" ? "" : $": {Expected}")}";

    public override void Check(StepCheck check)
    {
        check.Asker(From, "a connection");
        check.Target(To, nodes: true);
    }

    public override async Task ActAsync(Stage stage, StepFindings findings, CancellationToken ct)
    {
        var lab = stage.Lab;
        var vm = lab.FindVm(From.Value.Name);
        var node = lab.FindNode(From.Value.Name);
        var own = vm?.Addresses ?? node!.AddressesNow;
        var to = To.Value switch
        {
            { Address: { } address } => address,
            { Name: { } name } => lab.FindVm(name)?.Address ?? lab.FindNode(name)!.AddressFor(own),
            _ => throw new StepFailure("a connection goes to an IP address, and this is a MAC address", "name the VM"),
        };
        var result = vm is not null ? await vm.ConnectAsync(to, Port, ct).ConfigureAwait(false) : await node!.ProbeTcpAsync(to, Port, ct).ConfigureAwait(false);
        findings.Fate = stage.LastFate = result.Fate;
        findings.Seen.Add(result.ToString());
        if (result.Outcome != Outcomes[Expected])
        {
            throw new StepFailure(result.Succeeded ? $"the connection came to be, and not: {Expected}"
                : $"expected: {Expected}, but {result.Problem}{Environment.NewLine}{result.Exchange.Describe()}");
        }
    }
}
