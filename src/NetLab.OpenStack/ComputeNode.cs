namespace NetLab.OpenStack;

/// <summary>A compute or network node: a host, and not a quiet node of a lab.</summary>
public static class ComputeNode
{
    /// <summary>
    /// Adds a node with a host's defaults (<see cref="Node.HostDefaults"/>), as nova-compute and Neutron's agents find it: what is plugged there has
    /// IPv6 unless the plug switches it off, as that of os-vif does for qbr (LP 1302080).
    /// </summary>
    /// <param name="lab">The lab.</param>
    /// <param name="name">The node's name, unique in the lab.</param>
    public static Node AddComputeNode(this Lab lab, string name)
    {
        ArgumentNullException.ThrowIfNull(lab);
        var node = lab.AddNode(name);
        node.HostDefaults = true;
        return node;
    }
}
