using System.Net;
using NetLab.Linux.Netlink;

namespace NetLab;

/// <summary>An address of a node: <c>ip address</c>.</summary>
/// <param name="Device">The device that has it.</param>
/// <param name="Info">All that the kernel says of it.</param>
public sealed record AddressEntry(string Device, AddressInfo Info) : StateEntry
{
    /// <inheritdoc/>
    public override string Section => "address";

    /// <inheritdoc/>
    public override string Key => $"{Address}/{PrefixLength} dev {Device}{(Info.Peer is { } peer ? $" peer {peer}" : "")}";

    /// <summary>The address itself.</summary>
    public IPAddress Address => Info.Address;

    /// <summary>Bits of its network.</summary>
    public int PrefixLength => Info.PrefixLength;

    // Whether duplicate address detection is still going on decays by itself; that it failed does not.
    private protected override void Describe(FieldList fields)
    {
        fields.Add("scope", Info.Scope, IPAddress.IsLoopback(Address) ? Scope.Host : Address.IsIPv6LinkLocal ? Scope.Link : Scope.Universe);
        fields.Add("brd", Info.Broadcast);
        fields.Add("label", Info.Label, Info.Label is null ? null : Device);
        fields.Add("metric", Info.Metric, 0);
        fields.Flag("secondary", Info.Flags.HasFlag(AddressFlags.Secondary));
        fields.Flag("deprecated", Info.Flags.HasFlag(AddressFlags.Deprecated));
        fields.Flag("dadfailed", Info.Flags.HasFlag(AddressFlags.DadFailed));
        fields.Flag("nodad", Info.Flags.HasFlag(AddressFlags.NoDad));
        fields.Flag("noprefixroute", Info.Flags.HasFlag(AddressFlags.NoPrefixRoute));
        fields.Flag("limited", Info.ValidLifetime is not null);
        fields.Volatile("tentative", Info.IsTentative);
        fields.Volatile("valid", Info.ValidLifetime);
        fields.Volatile("preferred", Info.PreferredLifetime);
        fields.Volatile("index", Info.Index);
    }
}
