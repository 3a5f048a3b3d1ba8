using NetLab.Linux;
using NetLab.Linux.Netlink;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// Namespaces that somebody else made, as nodes of a lab: it only looks at them. Their devices are described as the kernel has them;
/// nothing is ever changed there, also not when the lab is disposed.
/// </summary>
public static class AdoptedNamespaces
{
    extension(Lab)
    {
        /// <summary>
        /// Makes a lab of namespaces that are there: Neutron's routers, a container's. What the kernel says of their devices becomes the description.
        /// </summary>
        /// <param name="namespaces">The namespaces, each with the name that its node gets.
        /// The lab owns their descriptors from now on, also where this fails.</param>
        /// <param name="options">How the lab is to behave; null for the defaults.</param>
        /// <exception cref="TopologyException">Two have the same name or are the same namespace.</exception>
        /// <exception cref="LinuxException">The kernel refused to be asked: EPERM, the capability to enter the namespace is missing.</exception>
        public static Lab Adopt(IReadOnlyList<(string Name, NetworkNamespace Namespace)> namespaces, LabOptions? options = null)
        {
            ArgumentNullException.ThrowIfNull(namespaces);
            var lab = new Lab(options);
            lab.Live.IsAdopted = true;
            try
            {
                foreach ((var name, var ns) in namespaces)
                {
                    if (lab.Nodes.FirstOrDefault(n => n.NamespaceInode == ns.Inode) is { } twin)
                    {
                        throw new TopologyException($"{twin.Name} and {name} are the same namespace, {ns}; name it once");
                    }

                    var node = lab.AddNode(name);
                    node.Attach(new LiveNode(node, ns, isReadOnly: true));
                }

                lab.Live.IsApplied = true;
                lab.ReadDevices();
                return lab;
            }
            catch
            {
                foreach (var node in lab.Nodes.Where(n => n.IsApplied))
                {
                    node.Live.Dispose();
                }

                foreach ((_, var ns) in namespaces)
                {
                    ns.Dispose();
                }

                throw;
            }
        }
    }

    extension(Lab lab)
    {
        /// <summary>Describes the devices anew, as the kernel has them now.</summary>
        internal void ReadDevices()
        {
            var links = lab.Nodes.ToDictionary(n => n, n => n.Live.Route.GetLinks().Where(l => !l.Flags.HasFlag(LinkFlags.Loopback)).ToList());
            var addresses = lab.Nodes.ToDictionary(n => n, n => n.Live.Route.GetAddresses().ToLookup(a => a.Index));
            lab.ForgetLinks();
            foreach (var node in lab.Nodes)
            {
                foreach (var device in node.Devices.ToList())
                {
                    node.Live.Forget(device);
                    node.Remove(device);
                }
            }

            foreach (var node in lab.Nodes)
            {
                foreach (var link in links[node].Where(l => node.FindDevice(l.Name) is null))
                {
                    Describe(lab, node, link, links);
                }
            }

            foreach (var node in lab.Nodes)
            {
                foreach (var port in links[node])
                {
                    if (port.MasterIndex is { } master && links[node].Find(l => l.Index == master) is { } found && node.FindDevice(found.Name) is Bridge bridge)
                    {
                        bridge.Attach(node.Device(port.Name));
                    }
                }

                foreach (var link in links[node])
                {
                    Settings(node.Device(link.Name), link, addresses[node][link.Index]);
                }
            }
        }
    }

    private static void Describe(Lab lab, Node node, LinkInfo link, Dictionary<Node, List<LinkInfo>> links)
    {
        if (link.Kind is "veth" && PeerOf(lab, node, link, links) is var (other, peer))
        {
            lab.AddLink(node.End(link.Name), other.End(peer.Name));
            return;
        }

        Device device = link.Kind switch
        {
            "bridge" => new Bridge(node, link.Name),
            "tun" => new TapDevice(node, link.Name, null),
            _ => new AdoptedDevice(node, link.Name, link.Kind ?? "device"),
        };
        node.Add(device);
    }

    // Where the other end of a veth pair is: the kernel tells its index, and the namespace by a number that this namespace has for it.
    private static (Node Node, LinkInfo Link)? PeerOf(Lab lab, Node node, LinkInfo end, Dictionary<Node, List<LinkInfo>> links)
    {
        var other = end.LinkNetnsId is not { } id ? node : lab.Nodes.FirstOrDefault(n => node.Live.Route.GetNamespaceId(n.Live.Namespace) == id);
        return other is not null && links[other].Find(l => l.Index == end.LinkIndex && l.LinkIndex == end.Index && l.Kind is "veth") is { } peer
            ? (other, peer) : null;
    }

    private static void Settings(Device device, LinkInfo link, IEnumerable<AddressInfo> addresses)
    {
        device.Mtu = link.Mtu;
        device.Up = link.IsUp;
        device.Promiscuous = link.Promiscuity > 0;
        if (link.Mac is { } mac && mac.GetAddressBytes() is { Length: 6 } bytes)
        {
            device.Mac = MacAddress.FromBytes(bytes);
        }

        foreach (var address in addresses)
        {
            device.AddAddress($"{address.Address}/{address.PrefixLength}");
        }

        device.Node.Live.Register(device, link.Index);
    }
}
