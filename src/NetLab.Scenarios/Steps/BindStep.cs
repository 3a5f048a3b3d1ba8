using NetLab.OpenStack;

namespace NetLab.Scenarios;

/// <summary><c>bind: { vm: vm01, vlan: 7 }</c>: Neutron's agent is told of a port that was plugged.</summary>
internal sealed class BindStep : Step
{
    public static readonly StepKind Kind = new StepKind<BindStep>("bind")
        .Of("Do what Neutron's agent does when it is told of a port that was plugged without a VLAN, or into the dead one: port security's flows, and the tag.",
            new ObjectShape<BindStep>("bind", "a port to bind")
            .With("vm", "The VM at the port.", Scalars.Name, (bind, value) => bind.Vm = value, required: true)
            .With("vlan", "The VLAN that the agent gives the network on this node.", Scalars.VlanId, (bind, value) => bind.Vlan = value.Value, required: true));

    private Located<string> Vm { get; set; }

    private int Vlan { get; set; }

    public override string Title => $"the agent binds the port of {Vm.Value} to VLAN {Vlan}";

    public override bool IsChange => true;

    public override void Check(StepCheck check)
    {
        if (check.Vm(Vm) is not { } vm)
        {
            return;
        }
        if (vm.Entry is not NeutronPortPart port)
        {
            check.Report(Vm.At, $"{Vm.Value} is at no port that an agent binds", "name a VM under 'hybrid-plug' or 'native-plug'");
        }
        // A port that was changed meanwhile may have lost its tag.
        else if (!check.Bound.Add(Vm.Value) && !check.ArePortsChanged)
        {
            check.Report(Vm.At, $"the port of {Vm.Value} is bound already, by a step before", "bind it once");
        }
        else if (port.Vlan is not (null or IntegrationBridge.DeadVlan) && !check.ArePortsChanged)
        {
            check.Report(Vm.At, $"the port of {Vm.Value} is bound from the start", $"leave out its 'vlan' (line {vm.Name.At.Line})");
        }
    }

    public override async Task ActAsync(Stage stage, StepFindings findings, CancellationToken ct)
    {
        var vm = stage.Lab.FindVm(Vm.Value)!;
        await vm.BindAsync(Vlan, ct).ConfigureAwait(false);
        findings.Seen.Add($"{vm.Tap}: VLAN {Vlan}");
    }
}
