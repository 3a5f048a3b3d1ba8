namespace NetLab.Scenarios;

/// <summary>
/// A thing that stands in a node, or a setting of the node: one class a kind, which is what the file writes as well. A kind has a file of its own here
/// and a line in <see cref="Parts.All"/>. Which broadcast domains it joins follows from what it adds: the lab itself tells.
/// </summary>
internal abstract class Part : Entry
{
    /// <summary>Its name and where that is written, where a part has one.</summary>
    public Located<string> Name { get; set; }

    /// <summary>What it sets on devices of the node, for addresses and MTUs to be looked at together.</summary>
    public virtual IEnumerable<(string Device, DeviceSettings Settings)> Settings => [];

    /// <summary>Tells the names of all that it makes: devices, patch ports, VMs.</summary>
    public virtual void TellNames(NodeInventory node)
    {
    }

    /// <summary>Reports what does not fit to the other parts of the node, and tells which ports it gives to which bridge.</summary>
    public virtual void Connect(Wiring wiring, NodeInventory node)
    {
    }

    /// <summary>Adds what needs nothing else: bridges.</summary>
    public virtual void Add(Node node, NodeEntry entry)
    {
    }

    /// <summary>Adds what needs the bridges of its node, and the links: VMs and their plugs, devices on top of others.</summary>
    public virtual void Plug(Node node, NodeEntry entry)
    {
    }

    /// <summary>Sets what needs every device of the node: ports, addresses, routes, rules.</summary>
    public virtual void Configure(Node node)
    {
    }
}
