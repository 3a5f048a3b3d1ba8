namespace NetLab;

/// <summary>Taking devices out of a running lab.</summary>
public sealed partial class Lab
{
    /// <summary>Removes a device from the kernel and from the description, with what cannot be without it.</summary>
    internal async Task RemoveAsync(Device device, CancellationToken ct)
    {
        RequireApplied();
        _ = device.Index;

        // A veth pair exists with both its ends or not at all.
        Device[] gone = device.OtherEnd is { } other ? [device, other] : [device];
        foreach (var above in gone.SelectMany(d => d.Node.Devices).Where(d => gone.Contains(d.Lower)).ToList())
        {
            await RemoveAsync(above, ct).ConfigureAwait(false);
        }

        foreach (var one in gone)
        {
            one.Release();
            await one.LetGoAsync(ct).ConfigureAwait(false);
        }

        await device.DeleteAsync(ct).ConfigureAwait(false);
        _links.RemoveAll(l => gone.Contains(l.A));
        foreach (var one in gone)
        {
            one.Node.ForgetWhatNeeds(one);
            one.Node.Live.Forget(one);
            one.Node.Remove(one);
            one.IsRemoved = true;
        }

        await SettleAsync(ct).ConfigureAwait(false);
    }
}
