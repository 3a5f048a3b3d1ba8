using System.Net;
using NetLab.Packets;

namespace NetLab;

/// <summary>Resolving: a guest asks who has an address before it sends, and remembers the answer.</summary>
public sealed partial class FakeVm
{
    /// <summary>Asks by ARP or ND who has the address, unless it is known.</summary>
    /// <exception cref="ForwardingException">Nobody answered; the message says how far the question got.</exception>
    public async Task<MacAddress> ResolveAsync(IPAddress address, CancellationToken ct = default)
    {
        (var mac, var question) = await TryResolveAsync(address, ct).ConfigureAwait(false);
        return mac ?? throw new ForwardingException(
            $"VM {Name} asked who has {address} and nobody answered.{Environment.NewLine}{question!.Describe()}", question.Request);
    }

    internal async Task<(MacAddress? Mac, Exchange? Question)> TryResolveAsync(IPAddress address, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (_neighbours.TryGetValue(address, out var known))
        {
            return (known, null);
        }

        var own = SourceFor(address);
        var question = Outgoing(address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6
            ? Frame.NeighborSolicitation(Mac, own, address)
            : Frame.ArpRequest(Mac, own, address), address);
        MacAddress? found = null;
        var exchange = await FollowedFrame.AskAsync(
            new SentFrame(Name, this, Node, question, FrameIdentity.Of(question)), AskUnlessKnown, IsKnown, ct).ConfigureAwait(false);
        return (found, exchange);

        bool IsKnown()
        {
            found ??= _neighbours.TryGetValue(address, out var mac) ? mac : null;
            return found is not null;
        }

        // Whoever has the address may have asked for ours meanwhile.
        void AskUnlessKnown()
        {
            if (!IsKnown())
            {
                Inject(question.Bytes.Span);
            }
        }
    }
}
