using System.Globalization;
using NetLab.Packets;

namespace NetLab.Tests.Forwarding.Property;

/// <summary>A network and the frames that are sent in it, both plain data.</summary>
internal sealed record Network(IReadOnlyList<Piece> Pieces, IReadOnlyList<SentPiece> Frames)
{
    /// <summary>The lines that make it again.</summary>
    public override string ToString() => string.Join(Environment.NewLine, [.. Pieces.Select(p => $"  {p}"), .. Frames.Select(f => $"  {f}")]);
}

/// <summary>A frame of a VM, and by what its copies are known again where they are read.</summary>
internal sealed record SentPiece(string Vm, string What, Frame Frame, IReadOnlyList<string> Wanted)
{
    public override string ToString() => $"{Vm} sends {What}, wanted by {(Wanted.Count == 0 ? "nobody" : string.Join(", ", Wanted))}: {Frame}";
}

/// <summary>
/// Makes a network of a random number generator: one or two subnets of switches in nodes, joined by cables, patch ports or VXLAN; VMs on them; a router
/// between, a host with sockets; rules; and some of it broken.
/// </summary>
internal sealed class RandomNetwork(Random random)
{
    private readonly List<Piece> _pieces = [];
    private readonly List<(string Node, string Switch, bool IsOvs, int Subnet)> _switches = [];
    private int _names;

    public static Network Make(Random random, int frames) => new RandomNetwork(random).Make(frames);

    private Network Make(int frames)
    {
        var subnets = random.Next(3) == 0 ? 1 : 2;
        for (var subnet = 1; subnet <= subnets; subnet++)
        {
            Subnet(subnet);
        }

        if (subnets == 2)
        {
            Router();
        }

        for (var subnet = 1; subnet <= subnets; subnet++)
        {
            if (random.Next(2) == 0)
            {
                Host(subnet);
            }
        }

        using var described = Described.Of(_pieces);
        for (int i = 0, breaks = random.Next(3); i < breaks; i++)
        {
            _pieces.AddRange(new RandomBreak(random, described.Lab).Next());
        }

        var sent = new RandomFrames(random, described.Lab);
        return new Network([.. _pieces], [.. Enumerable.Range(1, frames).Select(i => sent.Next((ushort)i))]);
    }

    private bool Likely(int percent) => random.Next(100) < percent;

    private void Subnet(int subnet)
    {
        List<(string Node, string Switch, bool IsOvs, int Subnet)> own = [];
        for (int i = 0, count = random.Next(1, 4); i < count; i++)
        {
            // In a node that is there, where it can be joined by patch ports or a cable, or in a new one.
            var node = own.Count > 0 && Likely(40) ? own[random.Next(own.Count)].Node : NewNode("n");
            var (name, isOvs) = ($"br{++_names}", Likely(35));
            _pieces.Add(new SwitchPiece(node, name, isOvs));
            if (own.Count > 0)
            {
                Join((node, name, isOvs, subnet), own[random.Next(own.Count)]);
            }

            own.Add((node, name, isOvs, subnet));
        }

        var tagged = own.All(s => s.IsOvs) && Likely(50);
        foreach (var (node, name, _, _) in own)
        {
            for (int i = 0, count = random.Next(1, 3); i < count; i++)
            {
                var n = ++_names;
                _pieces.Add(new VmPiece($"vm{n}", node, name, $"10.0.{subnet}.{n + 10}/24", $"fd00:{subnet}::{n + 10}/64", $"10.0.{subnet}.1",
                    tagged ? Likely(70) ? 10 : 20 : null));
            }
        }

        // A node that is behind its own switch.
        var (at, on, isOvsThere, _) = own[random.Next(own.Count)];
        if (Likely(30))
        {
            if (isOvsThere)
            {
                _pieces.Add(new InternalPortPiece(at, on, $"int{subnet}"));
            }

            _pieces.Add(new AddressPiece(at, isOvsThere ? $"int{subnet}" : on, $"10.0.{subnet}.3/24"));
            _pieces.Add(new AddressPiece(at, isOvsThere ? $"int{subnet}" : on, $"fd00:{subnet}::3/64"));
        }

        _switches.AddRange(own);
    }

    private void Join((string Node, string Switch, bool IsOvs, int Subnet) a, (string Node, string Switch, bool IsOvs, int Subnet) b)
    {
        var n = ++_names;
        if (a.Node == b.Node && a.IsOvs && b.IsOvs)
        {
            _pieces.Add(new PatchPiece(a.Node, a.Switch, b.Switch));
        }
        else if (a.Node != b.Node && !a.IsOvs && !b.IsOvs && Likely(50))
        {
            _pieces.Add(new CablePiece(a.Node, null, $"u{n}a", b.Node, null, $"u{n}b"));
            _pieces.Add(new AddressPiece(a.Node, $"u{n}a", $"10.9.{n}.1/24"));
            _pieces.Add(new AddressPiece(b.Node, $"u{n}b", $"10.9.{n}.2/24"));
            _pieces.Add(new VxlanPiece(a.Node, a.Switch, $"vx{n}", $"10.9.{n}.1", $"10.9.{n}.2", (uint)n));
            _pieces.Add(new VxlanPiece(b.Node, b.Switch, $"vx{n}", $"10.9.{n}.2", $"10.9.{n}.1", (uint)n));
        }
        else
        {
            _pieces.Add(new CablePiece(a.Node, a.Switch, $"v{n}a", b.Node, b.Switch, $"v{n}b"));
        }
    }

    private void Router()
    {
        _pieces.Add(new NodePiece("router", Routes: true));
        for (var subnet = 1; subnet <= 2; subnet++)
        {
            Attach("router", $"eth{subnet}", subnet, 1);
        }

        switch (random.Next(5))
        {
            case 0:
                _pieces.Add(new RulesPiece("router", "table ip nat { chain post { type nat hook postrouting priority 100; oifname \"eth2\" masquerade; }\n}"));
                break;
            case 1:
                _pieces.Add(new RulesPiece("router",
                    "table ip nat { chain pre { type nat hook prerouting priority -100; udp dport 5353 redirect to :53; }\n}"));
                break;
            default:
                break;
        }
    }

    private void Host(int subnet)
    {
        _pieces.Add(new NodePiece($"host{subnet}"));
        Attach($"host{subnet}", "eth0", subnet, 2);
        if (_switches.Any(s => s.Subnet != subnet) && Likely(80))
        {
            _pieces.Add(new RoutePiece($"host{subnet}", "default", $"10.0.{subnet}.1"));
        }
    }

    private void Attach(string node, string device, int subnet, int host)
    {
        List<(string Node, string Switch, bool IsOvs, int Subnet)> there = [.. _switches.Where(s => s.Subnet == subnet)];
        var on = there[random.Next(there.Count)];
        _pieces.Add(new CablePiece(node, null, device, on.Node, on.Switch, $"{node}-{device}"));
        _pieces.Add(new AddressPiece(node, device, string.Create(CultureInfo.InvariantCulture, $"10.0.{subnet}.{host}/24")));
        _pieces.Add(new AddressPiece(node, device, string.Create(CultureInfo.InvariantCulture, $"fd00:{subnet}::{host}/64")));
    }

    private string NewNode(string prefix)
    {
        var name = $"{prefix}{++_names}";
        _pieces.Add(new NodePiece(name));
        return name;
    }
}
