using System.Diagnostics.CodeAnalysis;

namespace NetLab.Linux.Netlink;

/// <summary>Settings and state of a member of a bond (<c>IFLA_BOND_SLAVE_*</c>, <c>ip link set type bond_slave</c>).</summary>
[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] // their state is listed by name
public sealed record BondPortOptions
{
    private const ushort IFLA_BOND_SLAVE_STATE = 1, IFLA_BOND_SLAVE_MII_STATUS = 2, IFLA_BOND_SLAVE_QUEUE_ID = 5,
        IFLA_BOND_SLAVE_AD_AGGREGATOR_ID = 6, IFLA_BOND_SLAVE_PRIO = 9;

    /// <summary>The queue whose frames leave by this member.</summary>
    public ushort? QueueId { get; init; }

    /// <summary>Priority when the active member is chosen; higher wins (Linux 6.0).</summary>
    [SinceLinux("6.0")]
    public int? Priority { get; init; }

    /// <summary>True: active, false: backup; read only.</summary>
    public bool? IsActive { get; init; }

    /// <summary>Link monitoring finds it up; read only.</summary>
    public bool? IsMiiUp { get; init; }

    /// <summary>LACP: number of the aggregator it belongs to; read only.</summary>
    public ushort? AggregatorId { get; init; }

    internal void Write(MessageWriter writer)
    {
        writer.U16(IFLA_BOND_SLAVE_QUEUE_ID, QueueId);
        writer.S32(IFLA_BOND_SLAVE_PRIO, Priority);
    }

    internal static BondPortOptions Read(Attributes data)
    {
        var o = new BondPortOptions();
        foreach (var a in data)
        {
            o = a.Type switch
            {
                IFLA_BOND_SLAVE_STATE => o with { IsActive = a.U8 == 0 },
                IFLA_BOND_SLAVE_MII_STATUS => o with { IsMiiUp = a.U8 == 0 },
                IFLA_BOND_SLAVE_QUEUE_ID => o with { QueueId = a.U16 },
                IFLA_BOND_SLAVE_PRIO => o with { Priority = a.S32 },
                IFLA_BOND_SLAVE_AD_AGGREGATOR_ID => o with { AggregatorId = a.U16 },
                _ => o,
            };
        }

        return o;
    }
}
