using NetLab.Linux.Netlink;

namespace NetLab.Torture;

/// <summary>Messages of netlink that are almost what the kernel said of a namespace: reading them throws nothing.</summary>
internal sealed class NetlinkTorment : ITorment
{
    private const int MessagesOfTurn = 500;

    private static readonly Reading[] Readings =
    [
        p => LinkInfo.Read(p), p => AddressMessages.Read(p), p => RouteMessages.Read(p), p => NeighbourMessages.Read(p), p => FdbMessages.Read(p),
        p => RuleMessages.Read(p), p => QdiscMessages.Read(p), p => NexthopMessages.Read(p), p => MdbMessages.Read(p, new List<MdbInfo>()),
        p => BridgeVlanMessages.Read(p, new List<BridgeVlanInfo>()),
    ];

    private List<byte[]>? _messages;

    private delegate void Reading(ReadOnlySpan<byte> payload);

    public string Name => "netlink";

    public string Unit => "messages";

    public async Task<long> TurnAsync(Random random, CancellationToken ct)
    {
        _messages ??= await FromTheKernelAsync(ct).ConfigureAwait(false);
        for (var i = 0; i < MessagesOfTurn; i++)
        {
            var message = Mutation.Of(random, _messages[random.Next(_messages.Count)], _messages[random.Next(_messages.Count)]);
            try
            {
                Walk(message);
                Readings[random.Next(Readings.Length)](message);
            }
            catch (Exception wrong)
            {
                throw new TortureException($"{Convert.ToHexStringLower(message)}: {wrong}");
            }
        }

        return MessagesOfTurn;
    }

    private static void Walk(byte[] message)
    {
        var reader = new MessageReader(message);
        while (reader.Next())
        {
        }
    }

    // Links, addresses, routes, neighbours, rules and queueing disciplines of a namespace that has some of each.
    private static async Task<List<byte[]>> FromTheKernelAsync(CancellationToken ct)
    {
        await using var lab = new Lab();
        var bridge = lab.AddNode("switch").AddBridge("br0");
        var host = lab.AddHost("host", bridge, "10.0.0.1/24");
        host.AddRoute("10.9.0.0/16", via: "10.0.0.254");
        await lab.ApplyAsync(ct).ConfigureAwait(false);
        var messages = new List<byte[]>();
        foreach (var node in lab.Nodes)
        {
            using var socket = NetlinkSocket.Open(node.Live.Namespace, protocol: 0, strictChecks: false);
            foreach (var type in new ushort[] { 18, 22, 26, 30, 34, 38 }) // RTM_GETLINK, ADDR, ROUTE, NEIGH, RULE, QDISC
            {
                var request = new MessageWriter(64);
                request.Begin(type, 0x301); // NLM_F_REQUEST | NLM_F_DUMP
                request.Append(28);
                request.End();
                socket.Query(request, "reading what is there", (_, payload) => messages.Add(payload.ToArray()));
            }
        }

        return messages;
    }
}
