using System.Net;
using NetLab.Packets;

namespace NetLab.Scenarios;

/// <summary>A fake VM, wherever its tap is plugged.</summary>
internal abstract class GuestPart : Part
{
    /// <summary>The VM's name.</summary>
    public virtual Located<string> Vm => Name;

    /// <summary>The tap's name, and where the file says so.</summary>
    public abstract Located<string> TapName { get; }

    public Located<MacAddress>? Mac { get; set; }

    public IReadOnlyList<Located<InterfaceAddress>> Addresses { get; set; } = [];

    /// <summary>Whether it has an address of its own, or may get one: what its name stands for where it is a target.</summary>
    public virtual bool MayHaveAddress => Addresses.Count > 0;

    /// <summary>Its VLAN subinterfaces.</summary>
    public IReadOnlyList<Located<GuestVlanEntry>> Vlans { get; set; } = [];

    /// <summary>Null: it has no TCP.</summary>
    public IReadOnlyList<Located<int>>? Listens { get; set; }

    public Located<IPAddress>? Gateway { get; set; }

    public IReadOnlyList<Located<RouteText>> Routes { get; set; } = [];

    public Located<int>? Mtu { get; set; }

    /// <summary>Its addresses and its MAC may be another's as well, on purpose.</summary>
    public bool Duplicate { get; set; }

    /// <summary>Null: arp (and ND) and ping.</summary>
    public IReadOnlyList<Located<string>>? Answers { get; set; }

    protected void Describe(FakeVmBuilder builder)
    {
        if (Mac is { } mac)
        {
            builder.Mac(mac.Value.ToString());
        }
        foreach (var address in Addresses)
        {
            builder.Address(address.Value.ToString());
        }
        foreach (var (vlan, _) in Vlans)
        {
            foreach (var address in vlan.Addresses)
            {
                builder.VlanAddress(vlan.Id, address.Value.ToString());
            }
        }
        if (Listens is { } listens)
        {
            builder.Listen([.. listens.Select(port => port.Value)]);
        }
        if (Gateway is { } gateway)
        {
            builder.Gateway(gateway.Value.ToString());
        }
        foreach (var (route, _) in Routes)
        {
            builder.Route(route.Network, route.Via!.ToString());
        }
    }

    protected void SetHabits(FakeVm vm)
    {
        vm.Tap.AllowDuplicates = Duplicate;
        if (Answers is { } answers)
        {
            SetAnswers(vm, answers);
        }
    }

    public static void SetAnswers(FakeVm vm, IReadOnlyList<Located<string>> answers)
    {
        vm.AnswersArp = answers.Any(answer => answer.Value == "arp");
        vm.AnswersPing = answers.Any(answer => answer.Value == "ping");
    }
}

/// <summary>A VLAN subinterface of a VM.</summary>
internal sealed class GuestVlanEntry : Entry
{
    public static readonly ObjectShape<GuestVlanEntry> Shape = new ObjectShape<GuestVlanEntry>("guest-vlan", "a VLAN subinterface of a VM")
        .With("id", "The VLAN: what it sends is tagged with it.", Scalars.VlanId, (vlan, value) => vlan.Id = value.Value, required: true)
        .With("addresses", "Its IP addresses with their prefix lengths.", DeviceKeys.Addresses, (vlan, value) => vlan.Addresses = value.Value, required: true);

    public int Id { get; private set; }

    public IReadOnlyList<Located<InterfaceAddress>> Addresses { get; private set; } = [];
}

/// <summary>Keys of a VM, for the parts that are one.</summary>
internal static class GuestKeys
{
    public static readonly ListShape<string> Answers = new("answer", Scalars.OneOf("what a VM answers", "arp", "ping"), single: true);

    public static ObjectShape<T> WithGuest<T>(this ObjectShape<T> shape)
        where T : GuestPart, new() => shape
        .With("mac", "The VM's MAC address; when absent it derives from the VM's name, and of a port of Neutron's, with fa:16:3e, from the port's id.",
            Scalars.Mac, (vm, value) => vm.Mac = value)
        .With("addresses", "The VM's IP addresses with their prefix lengths.", DeviceKeys.Addresses, (vm, value) => vm.Addresses = value.Value)
        .With("vlans", "The VM's VLAN subinterfaces.", new ListShape<GuestVlanEntry>("VLAN", GuestVlanEntry.Shape, single: true), (vm, value) =>
            vm.Vlans = value.Value)
        .With("listens", "TCP ports at which the VM accepts connections; it refuses others. Absent: it has no TCP but for what it asks, and answers nobody.",
            new ListShape<int>("port", Scalars.Port, single: true), (vm, value) => vm.Listens = value.Value)
        .With("gateway", "Where the VM sends what is not in its own networks.", Scalars.Address, (vm, value) => vm.Gateway = value)
        .With("routes", "Routes of the VM beside its gateway, in the words of `ip route`: 10.2.0.0/16 via 10.0.0.254.",
            new ListShape<RouteText>("route", Texts.GuestRoute, single: true), (vm, value) => vm.Routes = value.Value)
        .With("mtu", "The MTU of the VM and its tap (and of the whole plug), in bytes.", Scalars.Mtu, (vm, value) => vm.Mtu = value)
        .With("duplicate", "Whether the VM's addresses and its MAC address may be another's as well, on purpose.", Scalars.Switch, (vm, value) =>
            vm.Duplicate = value.Value)
        .With("answers", "What the VM answers by itself; arp (and ND) and ping when absent, nothing with [].", Answers, (vm, value) =>
            vm.Answers = value.Value);
}
