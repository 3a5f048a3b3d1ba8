using NetLab.Packets;
using PacketDotNet;

namespace NetLab;

/// <summary>Fake VMs that send and receive PacketDotNet's packets: <c>await vm2.ReceiveAsync&lt;UdpPacket&gt;(udp => udp.DestinationPort == 53)</c>.</summary>
public static class PacketVms
{
    /// <summary>Sends a packet and returns its fate: where every copy of it went.</summary>
    /// <param name="vm">Who sends.</param>
    /// <param name="packet">The packet; its checksums are filled in (<see cref="PacketConversion.ToFrame"/>).</param>
    /// <param name="ct">Ends the wait for its fate.</param>
    /// <exception cref="ArgumentException">It does not begin with Ethernet.</exception>
    /// <exception cref="FormatException">PacketDotNet cannot write it.</exception>
    public static Task<Fate> SendAsync(this FakeVm vm, Packet packet, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(vm);
        return vm.SendAsync(packet.ToFrame(), ct);
    }

    /// <summary>Sends a packet, and waits until no copy waits in a node any more; see <see cref="FakeVm.SendUntilEndedAsync"/>.</summary>
    /// <inheritdoc cref="SendAsync"/>
    public static Task<Fate> SendUntilEndedAsync(this FakeVm vm, Packet packet, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(vm);
        return vm.SendUntilEndedAsync(packet.ToFrame(), ct);
    }

    /// <summary>
    /// Takes the first frame that was not taken yet and has a wanted <typeparamref name="T"/> in it;
    /// waits for it as long as <see cref="LabOptions.Patience"/>. What PacketDotNet cannot read
    /// is passed over.
    /// </summary>
    /// <typeparam name="T">The layer; the outermost one of this type counts.</typeparam>
    /// <param name="vm">Who receives.</param>
    /// <param name="wanted">What it must be; null takes any.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <returns>The layer; of UDP or TCP <see cref="Packet.ParentPacket"/> is the IP layer around it.</returns>
    /// <exception cref="ForwardingException">None came; the message lists what did come. Or the condition threw; the message names the frame.</exception>
    public static async Task<T> ReceiveAsync<T>(this FakeVm vm, Func<T, bool>? wanted = null, CancellationToken ct = default)
        where T : Packet
    {
        ArgumentNullException.ThrowIfNull(vm);
        T? found = null;
        await vm.ReceiveAsync(frame => (found = Find(frame, wanted)) is not null, ct).ConfigureAwait(false);
        return found!;
    }

    /// <summary>
    /// Takes the first frame that has a wanted <typeparamref name="T"/> in it of those that have come.
    /// Decided by a barrier, not by waiting: everything that is under way inside the kernel has
    /// arrived before it looks.
    /// </summary>
    /// <inheritdoc cref="ReceiveAsync{T}"/>
    public static async Task<T> ExpectAsync<T>(this FakeVm vm, Func<T, bool>? wanted = null, CancellationToken ct = default)
        where T : Packet
    {
        ArgumentNullException.ThrowIfNull(vm);
        await vm.Node.Lab.SettleAsync(ct).ConfigureAwait(false);
        using var now = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var here = vm.ReceiveAsync(wanted, now.Token);
        if (here.IsCompleted)
        {
            return await here.ConfigureAwait(false);
        }

        await now.CancelAsync().ConfigureAwait(false);
        await ((Task)here).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        ct.ThrowIfCancellationRequested();
        var list = string.Join(Environment.NewLine, vm.Received.TakeLast(20).Select(r => $"    {Line(r.Frame)}"));
        throw new ForwardingException(
            $"VM {vm.Name} expected a {typeof(T).Name}{(wanted is null ? "" : " that meets the condition")}, and none has come; nothing is " +
                $"under way any more.{Environment.NewLine}"
            + (list.Length == 0 ? "  It received nothing." : $"  It did receive:{Environment.NewLine}{list}"));
    }

    private static T? Find<T>(Frame frame, Func<T, bool>? wanted)
        where T : Packet =>
        frame.TryToPacket(out var packet, out _) && packet.Extract<T>() is { } layer && (wanted is null || wanted(layer)) ? layer : null;

    private static string Line(Frame frame) => frame.TryToPacket(out _, out var why) ? frame.ToString() : $"{frame}   (not as a packet: {why})";
}
