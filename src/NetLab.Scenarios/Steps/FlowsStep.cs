namespace NetLab.Scenarios;

/// <summary><c>flows: { bridge: 'compute1:br-int', add: [...] }</c>: flows of an Open vSwitch bridge come and go.</summary>
internal sealed class FlowsStep : Step
{
    private static readonly ListShape<string> Flows = new("flow", Scalars.Text, single: true);

    public static readonly StepKind Kind = new StepKind<FlowsStep>("flows").Of("Change the flows of an Open vSwitch bridge.",
        new ObjectShape<FlowsStep>("flows", "a change of flows")
        .With("bridge", "The bridge, node:bridge.", Scalars.Device, (flows, value) => flows.Bridge = value, required: true)
        .With("delete", "Flows to delete, at whatever priority, by what they match: 'table=0,in_port=tap0'.", Flows, (flows, value) =>
            flows.Delete = value.Value)
        .With("delete-strict", "Flows to delete that have exactly this match and this priority: 'table=0,priority=10,in_port=tap0'.", Flows,
            (flows, value) => flows.DeleteStrict = value.Value)
        .With("add", "Flows to add, all of them or none, as `ovs-ofctl add-flow` takes them.", Flows, (flows, value) => flows.Add = value.Value)
        .Checked((flows, what, binding) =>
        {
            if (flows.Given.Count < 2)
            {
                binding.Report(flows.At, $"{what} names a bridge and no flow", "add, delete or delete-strict");
            }
        }));

    private Located<DevicePlace> Bridge { get; set; }

    private IReadOnlyList<Located<string>> Add { get; set; } = [];

    private IReadOnlyList<Located<string>> Delete { get; set; } = [];

    private IReadOnlyList<Located<string>> DeleteStrict { get; set; } = [];

    public override string Title => $"change the flows of {Bridge.Value}";

    public override bool IsChange => true;

    public override void Check(StepCheck check) => check.OvsBridge(Bridge);

    public override async Task ActAsync(Stage stage, StepFindings findings, CancellationToken ct)
    {
        var bridge = (OvsBridge)stage.Device(Bridge.Value);
        await ChangeAsync("deleted", Delete, bridge.DeleteFlowsAsync).ConfigureAwait(false);
        await ChangeAsync("deleted strictly", DeleteStrict, bridge.DeleteFlowsStrictAsync).ConfigureAwait(false);
        await ChangeAsync("added", Add, bridge.AddFlowsAsync).ConfigureAwait(false);

        async Task ChangeAsync(string done, IReadOnlyList<Located<string>> flows, Func<IReadOnlyList<string>, CancellationToken, Task> change)
        {
            if (flows.Count > 0)
            {
                await change([.. flows.Select(flow => flow.Value)], ct).ConfigureAwait(false);
                findings.Seen.AddRange(flows.Select(flow => $"{bridge.Name}: {done} {flow.Value}"));
            }
        }
    }
}
