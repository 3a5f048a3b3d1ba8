namespace NetLab;

/// <summary>Waiting until nothing is under way.</summary>
public sealed partial class Lab
{
    /// <summary>
    /// Returns when nothing is under way: the kernel's receive queues are empty on every processor, Open vSwitch has gone round its
    /// ports, every fake VM has read and answered, and in a whole such round no frame was seen anywhere in the lab. What has not
    /// arrived by then never will, except what a process sends later.
    /// </summary>
    /// <exception cref="ForwardingException">
    /// Frames went round in a loop of switches: the lab has stopped them, and the message says how often they came by and which port was closed.
    /// Or it did not get quiet within <see cref="LabOptions.Patience"/> for another reason.
    /// </exception>
    public async Task SettleAsync(CancellationToken ct = default)
    {
        if (await Barrier.SettleAsync(this, ct).ConfigureAwait(false) is { Count: > 0 } storms)
        {
            throw new ForwardingException($"The lab did not get quiet by itself.{Environment.NewLine}{string.Join(Environment.NewLine, storms)}");
        }
    }
}
