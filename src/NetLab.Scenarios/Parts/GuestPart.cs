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

    /// <summary>Whether it has an address, or may get one.</summary>
    public virtual bool MayHaveAddress => Addresses.Count > 0;

    public Located<IPAddress>? Gateway { get; set; }

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
        if (Gateway is { } gateway)
        {
            builder.Gateway(gateway.Value.ToString());
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

/// <summary>Keys of a VM, for the parts that are one.</summary>
internal static class GuestKeys
{
    public static readonly ListShape<string> Answers = new("answer", Scalars.OneOf("what a VM answers", "arp", "ping"), single: true);

    public static ObjectShape<T> WithGuest<T>(this ObjectShape<T> shape)
        where T : GuestPart, new() => shape
        .With("mac", "The VM's MAC address; derived from its name when absent.", Scalars.Mac, (vm, value) => vm.Mac = value)
        .With("addresses", "The VM's IP addresses with their prefix lengths.", DeviceKeys.Addresses, (vm, value) => vm.Addresses = value.Value)
        .With("gateway", "Where the VM sends what is not in its own networks.", Scalars.Address, (vm, value) => vm.Gateway = value)
        .With("mtu", "The MTU of the VM and its tap (and of the whole plug), in bytes.", Scalars.Mtu, (vm, value) => vm.Mtu = value)
        .With("duplicate", "Whether the VM's addresses and its MAC address may be another's as well, on purpose.", Scalars.Switch, (vm, value) =>
            vm.Duplicate = value.Value)
        .With("answers", "What the VM answers by itself; arp (and ND) and ping when absent, nothing with [].", Answers, (vm, value) =>
            vm.Answers = value.Value);
}
