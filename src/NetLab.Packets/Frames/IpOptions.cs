namespace NetLab.Packets;

/// <summary>What may be chosen in the IP header of a frame that is built; the rest is filled in.</summary>
public sealed record IpOptions
{
    /// <summary>Time to live, or hop limit.</summary>
    public byte TimeToLive { get; init; } = 64;

    /// <summary>Identification of IPv4: a number by which a lab recognises its own frames on the way.</summary>
    public ushort Identification { get; init; }

    /// <summary>DF of IPv4.</summary>
    public bool DontFragment { get; init; }

    /// <summary>DSCP and ECN.</summary>
    public byte TrafficClass { get; init; }

    /// <summary>Flow label of IPv6, 20 bits.</summary>
    public int FlowLabel { get; init; }
}
