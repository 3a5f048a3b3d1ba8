using NetLab.Packets;

namespace NetLab.Scenarios;

/// <summary>
/// What a scenario does: one class a kind, which is what the file writes as well. A kind has a file of its own here and a line in <see cref="Steps.All"/>;
/// how it is written is its <see cref="StepKind"/>, and the schema follows from that.
/// </summary>
internal abstract class Step : Entry
{
    /// <summary>What the step is called where the file gives it no name.</summary>
    public abstract string Title { get; }

    /// <summary>Whether it changes the lab: after a change that failed or was skipped, the rest does not run.</summary>
    public virtual bool IsChange => false;

    /// <summary>Reports what it refers to and is not in the lab.</summary>
    public virtual void Check(StepCheck check)
    {
    }

    /// <summary>Does it, or throws what is otherwise than the scenario says.</summary>
    /// <param name="stage">The running lab.</param>
    /// <param name="findings">Takes what was seen, also on failure.</param>
    /// <param name="ct">Ends the attempt.</param>
    public virtual Task ActAsync(Stage stage, StepFindings findings, CancellationToken ct) => Task.CompletedTask;

    /// <summary>Tells the whole step as events. A step that has steps inside plays them here; any other just acts.</summary>
    public virtual IAsyncEnumerable<ScenarioEvent> PlayAsync(StepEntry entry, ScenarioStep step, StepPlayer player, CancellationToken ct) =>
        player.ActAsync(entry, step, ct);
}

/// <summary>What a step saw.</summary>
internal sealed class StepFindings
{
    public List<string> Seen { get; } = [];

    public Fate? Fate { get; set; }
}

/// <summary>A step did not come out as the scenario says.</summary>
internal sealed class StepFailure(string wrong, string? right = null) : Exception(right is null ? wrong : $"{wrong}; {right}");

/// <summary>A step is not taken, because the machine lacks what it needs.</summary>
internal sealed class StepSkip(string reason) : Exception(reason);

/// <summary>Where steps act: the lab, and what an earlier step left for a later one.</summary>
internal sealed class Stage(Lab lab)
{
    public Lab Lab => lab;

    public FrameComposer Frames { get; } = new(lab);

    /// <summary>What became of the frame that was sent last.</summary>
    public Fate? LastFate { get; set; }

    /// <summary>When the last step began that did something, and did not only look (Stopwatch.GetTimestamp).</summary>
    public long ActedAt { get; set; }

    /// <summary>Programs that run beside the steps, by their names.</summary>
    public Dictionary<string, NodeProcess> Programs { get; } = [];

    /// <summary>The device that has this MAC address, a VM's tap for the VM's own; null where none or several have it.</summary>
    public Device? OwnerOf(MacAddress mac)
    {
        List<Device> owners = [.. lab.Nodes.SelectMany(node => node.Devices).Where(device => MacOf(device) == mac)];
        return owners is [var owner] ? owner : null;

        // What the kernel says: a bridge takes over that of a port.
        static MacAddress? MacOf(Device device) =>
            device.Guest is FakeVm vm ? vm.Mac : device.IsApplied && device.ReadLink().Mac is { } real ? MacAddress.From(real) : null;
    }

    public Device Device(DevicePlace place) => lab.FindNode(place.Node)!.Device(place.Device);
}
