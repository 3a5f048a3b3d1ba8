namespace NetLab.Scenarios;

/// <summary><c>dhcp: vm01</c>: a VM asks for its address, and gets one.</summary>
internal sealed class DhcpStep : Step
{
    public static readonly StepKind Kind = new StepKind<DhcpStep>("dhcp").Of("A VM asks for an address by DHCP, and has it from then on: its name, or more.",
        new ObjectShape<DhcpStep>("dhcp", "a VM that asks for its address")
        .With("vm", "The VM.", Scalars.Name, (dhcp, value) => dhcp.Vm = value, required: true)
        .With("address", "The address that it must get, with the prefix length.", Scalars.HostAddress, (dhcp, value) => dhcp.Address = value.Value)
        .With("gateway", "The gateway that it must be told.", Scalars.Address, (dhcp, value) => dhcp.Gateway = value.Value)
        .With("mtu", "The MTU that it must be told.", Scalars.Mtu, (dhcp, value) => dhcp.Mtu = value.Value)
        .OrShort("vm01", "^[A-Za-z0-9][A-Za-z0-9._-]*$", (scalar, what, binding) => Scalars.Name.TryBind(scalar, what, binding, out var vm)
            ? new DhcpStep { Vm = new Located<string>(vm, scalar.At) } : null));

    private Located<string> Vm { get; set; }

    private InterfaceAddress? Address { get; set; }

    private System.Net.IPAddress? Gateway { get; set; }

    private int? Mtu { get; set; }

    public override string Title => $"{Vm.Value} asks for an address (DHCP)";

    public override bool IsChange => true;

    public override void Check(StepCheck check)
    {
        check.Vm(Vm);
        check.Leased.Add(Vm.Value);
    }

    public override async Task ActAsync(Stage stage, StepFindings findings, CancellationToken ct)
    {
        var lease = await stage.Lab.FindVm(Vm.Value)!.DhcpAsync(ct).ConfigureAwait(false);
        findings.Fate = lease.Fate;
        findings.Seen.Add($"{Vm.Value} has {lease}");
        Demand("address", Address, lease.Address);
        Demand("gateway", Gateway, lease.Gateway);
        Demand("MTU", Mtu, lease.Mtu);
    }

    private void Demand(string what, object? wanted, object? got)
    {
        if (wanted is not null && !wanted.Equals(got))
        {
            throw new StepFailure($"{Vm.Value} got the {what} {got ?? "none"}, and not {wanted}");
        }
    }
}
