using NetLab.Linux;

namespace NetLab;

/// <summary>A tap in a running lab: who holds its descriptor.</summary>
public sealed partial class TapDevice
{
    private Tap? _tap;

    internal Tap LiveTap => _tap ?? throw new InvalidOperationException($"{this} has no owner now: open it with Open(), or it is not applied yet.");

    /// <summary>Whether somebody holds the tap's descriptor; a tap that nobody holds has no carrier.</summary>
    public bool IsOpen => _tap is not null;

    /// <summary>Opens the tap as a hypervisor would: from now on it has a carrier, and frames can be read and written.</summary>
    public void Open()
    {
        Node.Lab.RequireApplied();
        _ = Index;
        _tap ??= Tap.Attach(Node.Live.Namespace, Name);
        Ethtool.RunLinkWatch(Node.Live.Namespace, Master is { IsApplied: true } bridge ? [Name, bridge.Name] : [Name]);
        Vm?.StartReading();
    }

    /// <summary>Closes the descriptor: the device stays, its carrier goes.</summary>
    public void Close()
    {
        Vm?.StopReading();
        _tap?.Dispose();
        _tap = null;
    }

    internal override void Make(LiveNode state)
    {
        var index = state.TakeIndex(this);
        var tap = Tap.Create(state.Namespace, Name, new TapOptions { Index = index });
        if (Vm is null)
        {
            tap.Dispose();
        }
        else
        {
            _tap = tap;
        }
    }
}
