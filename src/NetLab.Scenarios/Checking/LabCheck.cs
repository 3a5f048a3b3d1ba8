namespace NetLab.Scenarios;

/// <summary>What a lab's parts must be to each other, told before the kernel is asked.</summary>
internal static class LabCheck
{
    /// <summary>Reports everything that does not fit together in the lab, and what the steps refer to that is not in it.</summary>
    public static void Run(ScenarioDocument.Root root, Binding binding)
    {
        // What could not be read, or has a name that is taken, may be what others refer to: one mistake, one complaint.
        var inventory = new Inventory(root.Lab, binding);
        var wiring = new Wiring(inventory, binding);
        if (binding.Count == 0)
        {
            Connect(root.Lab, inventory, wiring);
        }
        if (binding.Count == 0)
        {
            try
            {
                AddressCheck.Run(root.Lab, inventory, binding);
            }
            catch (TopologyException cannot)
            {
                binding.Report(root.Lab.At, cannot.Problems[0], "change the lab");
            }
        }
        if (binding.Count == 0)
        {
            new StepCheck(inventory, wiring.Masters, binding).Run(root.Steps);
        }
    }

    private static void Connect(LabEntry lab, Inventory inventory, Wiring wiring)
    {
        foreach (var node in inventory.Nodes.Values)
        {
            foreach (var part in node.Entry.Parts)
            {
                part.Connect(wiring, node);
            }
        }
        foreach (var end in lab.Links.SelectMany(link => new[] { link.Value.A, link.Value.B }))
        {
            if (end.Master is { } master && inventory.Nodes.TryGetValue(end.Place.Value.Node, out var node) && wiring.IsBridge(node, master))
            {
                wiring.Enslave(node, new Located<string>(end.Place.Value.Device, master.At), master.Value);
            }
        }
    }
}
