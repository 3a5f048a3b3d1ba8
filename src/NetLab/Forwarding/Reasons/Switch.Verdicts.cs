using NetLab.Packets;

namespace NetLab;

// Why a switch did not send a frame on: each kind is asked in its own way.
public abstract partial class Switch
{
    /// <summary>What Open vSwitch says of a frame that came in; null for a switch of the kernel, which is gone through when the question comes up.</summary>
    internal virtual Task<OvsRehearsal?> RehearseAsync(Hop hop, IReadOnlyCollection<string> seen, CancellationToken ct) => Task.FromResult<OvsRehearsal?>(null);

    /// <summary>Why it sent a frame out of no port; null where nothing speaks against a port, or it does not say.</summary>
    internal abstract (CopyEnd End, Reason Reason)? WhyNowhere(Device ingress, Frame frame, OvsRehearsal? asked);

    /// <summary>Why it did not send a frame out of one port; null where it would have, or does not say.</summary>
    internal abstract Reason? WhyNotBy(Device egress, Device ingress, Frame frame, OvsRehearsal? asked);
}

public sealed partial class Bridge
{
    internal override (CopyEnd End, Reason Reason)? WhyNowhere(Device ingress, Frame frame, OvsRehearsal? asked) =>
        BridgeModel.TakenByStp(this, ingress.Name, frame) is { } stp ? (CopyEnd.Consumed, stp)
            : !TcDrops.MayChange(Node, ingress) && BridgeModel.NoPortFor(this, ingress, frame) is { } none ? (BridgeModel.EndBy(none), none) : null;

    internal override Reason? WhyNotBy(Device egress, Device ingress, Frame frame, OvsRehearsal? asked) =>
        TcDrops.MayChange(Node, ingress) ? null : BridgeModel.WhyNot(this, ingress, egress, frame);
}

public sealed partial class OvsBridge
{
    internal override Task<OvsRehearsal?> RehearseAsync(Hop hop, IReadOnlyCollection<string> seen, CancellationToken ct) =>
        OvsRehearsal.AskAsync(this, hop, seen, ct);

    internal override (CopyEnd End, Reason Reason)? WhyNowhere(Device ingress, Frame frame, OvsRehearsal? asked) =>
        asked is null ? null : OvsVerdict.Whole(asked);

    internal override Reason? WhyNotBy(Device egress, Device ingress, Frame frame, OvsRehearsal? asked) =>
        asked is null ? null : OvsVerdict.WhyNot(asked, egress.Name);
}
