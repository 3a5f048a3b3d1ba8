using NetLab.OpenStack;

namespace NetLab.Scenarios;

/// <summary>A scenario's lab, described to the library: what the file names, in an order in which everything is there before it is used.</summary>
internal static class LabBuilder
{
    public static Lab Describe(LabEntry entry, LabOptions? options)
    {
        var lab = new Lab(options);
        foreach (var (name, node) in entry.Nodes)
        {
            var added = node.Parts.Select(part => part.AddNode(lab, name.Value)).FirstOrDefault(own => own is not null) ?? lab.AddNode(name.Value);
            foreach (var part in node.Parts)
            {
                part.Add(added, node);
            }
        }
        foreach (var (link, _) in entry.Links)
        {
            link.AddTo(lab);
        }
        foreach (var (name, node) in entry.Nodes)
        {
            var added = lab.FindNode(name.Value)!;
            foreach (var part in node.Parts)
            {
                part.Plug(added, node);
            }
            foreach (var part in node.Parts)
            {
                part.Configure(added);
            }
        }
        lab.ConnectTunnels();
        return lab;
    }
}
