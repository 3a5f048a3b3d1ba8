namespace NetLab.Scenarios;

/// <summary><c>container: redis-1</c>: the node is a running container.</summary>
internal sealed class ContainerPart : Part
{
    public static readonly PartKind Kind = PartKind.Single("container",
        "The running container that the node is, by name or id: links are plugged into it, and it stays when the lab goes.",
        Scalars.Name, container => new ContainerPart { Name = container });

    public override Node? AddNode(Lab lab, string name) => lab.AddContainer(Name.Value, name);

    public override (Position At, string Wrong)? Explain(Exception refusal, string node) =>
        refusal is TopologyException && refusal.Message.StartsWith($"node {node} stands for ", StringComparison.Ordinal) ? (At, refusal.Message) : null;
}
