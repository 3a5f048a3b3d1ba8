using System.Globalization;
using System.Net;
using NetLab.Linux.Netlink;

namespace NetLab;

/// <summary>Waiting for what comes about in a running node, told by the kernel's notifications.</summary>
public sealed partial class Node
{
    // The kernel tells nobody when a socket begins to listen.
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(5);

    /// <summary>Waits until a device is up and has a carrier, or has none any more.</summary>
    /// <param name="device">A device of this node.</param>
    /// <param name="carrier">Whether the carrier is to come or to go.</param>
    /// <param name="patience">How long; <see cref="LabOptions.Patience"/> when null.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="TimeoutException">It does not come about; the message says what the device was last.</exception>
    public Task WaitForCarrierAsync(Device device, bool carrier = true, TimeSpan? patience = null, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(device);
        return WaitAsync(
            RouteGroups.Links,
            (events, ended) => events.WaitForLinkAsync(link => link.Index == device.Index && (link is { IsUp: true, HasCarrier: true }) == carrier, ended),
            $"{(carrier ? "a carrier" : "the end of the carrier")} of {device}",
            () => device.ReadLink() is var link ? $"it is {(link.IsUp ? "up" : "down")}, {(link.HasCarrier ? "with a carrier" : "without a carrier")}" : "",
            patience,
            ct);
    }

    /// <summary>Waits until an address is on a device of this node and may be used: duplicate address detection is over, and found none.</summary>
    /// <param name="address">The address.</param>
    /// <param name="device">The device; any of this node when null.</param>
    /// <param name="patience">How long; <see cref="LabOptions.Patience"/> when null.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="TimeoutException">It does not come; the message says what addresses there were last.</exception>
    public Task WaitForAddressAsync(IPAddress address, Device? device = null, TimeSpan? patience = null, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(address);
        return WaitAsync(
            RouteGroups.Addresses,
            (events, ended) => events.WaitForAddressAsync(Fits, ended),
            $"the address {address} on {device?.ToString() ?? Name}",
            () => string.Join(", ", Live.Route.GetAddresses().Where(IsMeant).Select(Describe).DefaultIfEmpty("no address")),
            patience,
            ct);

        bool IsMeant(AddressInfo info) => device is null ? info.Index != 1 : info.Index == device.Index;

        bool Fits(AddressInfo info) => IsMeant(info) && info.Address.Equals(address) && !info.IsTentative && !info.Flags.HasFlag(AddressFlags.DadFailed);

        static string Describe(AddressInfo info) =>
            $"{info.Address}/{info.PrefixLength}{(info.Flags.HasFlag(AddressFlags.DadFailed) ? " (a duplicate)" : info.IsTentative ? " (tentative)" : "")}";
    }

    /// <summary>Waits until a program listens at a port of this node.</summary>
    /// <param name="port">The port.</param>
    /// <param name="protocol"><c>tcp</c> or <c>udp</c>; over IPv4 or IPv6.</param>
    /// <param name="patience">How long; <see cref="LabOptions.Patience"/> when null.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="TimeoutException">Nobody does; the message says who listens where.</exception>
    public async Task WaitForListenerAsync(int port, string protocol = "tcp", TimeSpan? patience = null, CancellationToken ct = default)
    {
        Lab.RequireApplied();
        for (var wait = new Patience(Lab, patience); !ListeningPorts(protocol).Contains(port); await Task.Delay(BetweenLooks, ct).ConfigureAwait(false))
        {
            if (wait.IsOver)
            {
                var others = ListeningPorts(protocol);
                var seen = others.Count == 0 ? $"nobody listens by {protocol}" : $"programs listen at {string.Join(", ", others)}";
                throw TooLate($"a program that listens at {protocol} port {port} of {Name}", wait, seen);
            }
        }
    }

    private async Task WaitAsync(RouteGroups groups, Func<RouteEvents, CancellationToken, Task> wait, string what, Func<string> seen, TimeSpan? patience,
        CancellationToken ct)
    {
        Lab.RequireApplied();
        var patient = new Patience(Lab, patience);
        using var events = RouteEvents.Open(Live.Namespace, groups);
        try
        {
            await patient.WaitAsync(over => wait(events, over), ct).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw TooLate(what, patient, seen());
        }
    }

    // proc(5), /proc/net/tcp: "0: 0100007F:0035 00000000:0000 0A", states of include/net/tcp_states.h; a UDP socket that takes packets of anybody is TCP_CLOSE.
    private List<int> ListeningPorts(string protocol)
    {
        var state = protocol == "udp" ? "07" : "0A";
        var ports = new SortedSet<int>();
        foreach (var table in new[] { protocol, $"{protocol}6" })
        {
            using var file = new StreamReader(new FileStream(Live.Namespace.OpenFile($"/proc/thread-self/net/{table}", 0), FileAccess.Read));
            foreach (var words in file.ReadToEnd().Split('\n').Skip(1).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))
            {
                if (words.Length > 3 && words[3] == state)
                {
                    ports.Add(int.Parse(words[1].Split(':')[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                }
            }
        }

        return [.. ports];
    }

    private static TimeoutException TooLate(string what, Patience patience, string seen) =>
        new($"Waited {patience.Words} for {what}, and it did not come. Last seen: {seen}.");
}
