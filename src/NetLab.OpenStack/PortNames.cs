namespace NetLab.OpenStack;

/// <summary>
/// Device names that Nova, os-vif and Neutron derive from a port's id: a prefix and the id, cut to 14 characters
/// (nova/network/model.py, NIC_NAME_LEN; vif_plug_ovs/ovs.py, get_veth_pair_names).
/// </summary>
/// <param name="PortId">The port's UUID.</param>
public readonly record struct PortNames(string PortId)
{
    /// <summary>The VM's tap: <c>tap0c1383d0-c8</c>.</summary>
    public string Tap => Name("tap");

    /// <summary>The Linux bridge of a hybrid plug, where iptables filters.</summary>
    public string Qbr => Name("qbr");

    /// <summary>The end of the veth pair on the Linux bridge.</summary>
    public string Qvb => Name("qvb");

    /// <summary>The end of the veth pair on the integration bridge.</summary>
    public string Qvo => Name("qvo");

    /// <summary>A router's port in a network of a project.</summary>
    public string Qr => Name("qr-");

    /// <summary>A router's port in an external network.</summary>
    public string Qg => Name("qg-");

    private string Name(string prefix) => (prefix + PortId)[..Math.Min(14, prefix.Length + PortId.Length)];
}
