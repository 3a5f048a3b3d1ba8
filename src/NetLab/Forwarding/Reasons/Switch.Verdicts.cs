using NetLab.Packets;

namespace NetLab;

// Why a switch did not send a frame on: each kind is asked in its own way.
public abstract partial class Switch
{
    /// <summary>Why it sent a frame out of no port; null where nothing speaks against a port, or it does not say.</summary>
    internal abstract Task<(CopyEnd End, Reason Reason)?> WhyNowhereAsync(Device ingress, Frame frame, CancellationToken ct);

    /// <summary>Why it did not send a frame out of one port; null where it would have, or does not say.</summary>
    internal virtual Reason? WhyNotBy(Device egress, Device ingress, Frame frame) => null;
}

public sealed partial class Bridge
{
    internal override Task<(CopyEnd End, Reason Reason)?> WhyNowhereAsync(Device ingress, Frame frame, CancellationToken ct) =>
        Task.FromResult(BridgeModel.TakenByStp(this, ingress.Name, frame) is { } stp ? (CopyEnd.Consumed, stp)
            : BridgeModel.NoPortFor(this, ingress, frame) is { } none ? (CopyEnd.NotForwarded, none) : ((CopyEnd, Reason)?)null);

    internal override Reason? WhyNotBy(Device egress, Device ingress, Frame frame) => BridgeModel.WhyNot(this, ingress, egress, frame);
}

public sealed partial class OvsBridge
{
    internal override Task<(CopyEnd End, Reason Reason)?> WhyNowhereAsync(Device ingress, Frame frame, CancellationToken ct) =>
        OvsVerdict.AskAsync(this, ingress, frame, ct);
}
