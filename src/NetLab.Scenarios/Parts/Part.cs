using NetLab.Linux;

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

    /// <summary>Adds the node itself, where it is somebody else's and this part says whose; null for a node of the lab's own.</summary>
    public virtual Node? AddNode(Lab lab, string name) => null;

    /// <summary>Adds what needs nothing else: bridges.</summary>
    public virtual void Add(Node node, NodeEntry entry)
    {
    }

    /// <summary>Adds what needs the bridges of its node, and the links: VMs and their plugs, devices on top of others.</summary>
    public virtual void Plug(Node node, NodeEntry entry)
    {
    }

    /// <summary>Starts what runs as long as the lab, once the lab is there.</summary>
    public virtual Task StartAsync(CancellationToken ct) => Task.CompletedTask;

    /// <summary>What the file is to blame for of a refusal while the lab was built, and where; null where it is not this part's.</summary>
    /// <param name="refusal">What the kernel, nft or Open vSwitch said.</param>
    /// <param name="node">The part's node.</param>
    public virtual (Position At, string Wrong)? Explain(Exception refusal, string node)
    {
        foreach (var (device, settings) in Settings)
        {
            if (refusal is LinuxException kernel
                && settings.Addresses.FirstOrDefault(address =>
                    kernel.Doing.Contains($"adding address {address.Value} to {node}/{device}", StringComparison.Ordinal)) is { At.Line: > 0 } address)
            {
                return (address.At, $"the kernel refused this while {kernel.Message}");
            }
        }
        return null;
    }

    /// <summary>Sets what needs every device of the node: ports, addresses, routes, rules.</summary>
    public virtual void Configure(Node node)
    {
    }
}
