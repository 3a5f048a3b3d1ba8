using NetLab.Linux;

namespace NetLab;

/// <summary>
/// Settings that every node starts with, so that a frame in the lab is one that somebody sent: no autoconfiguration, no
/// duplicate address detection, no forwarding, no iptables on bridges, unless the node asks for it.
/// A node with <see cref="Node.HostDefaults"/> has IPv6 as the kernel has it.
/// </summary>
internal static class QuietNetwork
{
    // What new devices of a namespace start with. The kernel's: ipv6_devconf_dflt in net/ipv6/addrconf.c.
    private static readonly (string Setting, string Quiet, string Host)[] OfIPv6 =
        [("accept_ra", "0", "1"), ("accept_dad", "0", "1"), ("dad_transmits", "0", "1"), ("autoconf", "0", "1"), ("addr_gen_mode", "1", "0")];

    /// <summary>Sets what a node needs by what it has now; a node that gets its first bridge or IPv6 address later is set again.</summary>
    public static void Apply(Node node, LiveNode state)
    {
        var ns = state.Namespace;
        bool v6 = UsesIPv6(node), bridges = node.Switches.Any(s => s.InKernel is not null), call = node.Switches.Any(s => s.InKernel is { CallIptables: true });
        if (state.QuietFor is not { } done)
        {
            // A new namespace inherits this one from the machine's own.
            ns.WriteSysctl("net.ipv4.ip_forward", node.Forwarding ? "1" : "0");
            done = (!v6, false, false);
        }

        if (v6 != done.IPv6)
        {
            SetIPv6(node, ns, v6);
        }

        if (bridges && (!done.Bridges || call != done.CallIptables))
        {
            CallIptables(ns, call);
        }

        state.QuietFor = (v6, bridges, call);
    }

    private static void SetIPv6(Node node, NetworkNamespace ns, bool enabled)
    {
        // With "all" the kernel sets "default" as well, and what exists.
        ns.WriteSysctl("net.ipv6.conf.all.disable_ipv6", enabled ? "0" : "1");
        if (!enabled)
        {
            return;
        }

        foreach (var device in node.Devices.Where(d => d.IsApplied).Select(d => d.Name).Prepend("default"))
        {
            foreach (var (setting, quiet, host) in OfIPv6)
            {
                ns.WriteSysctl($"net/ipv6/conf/{device}/{setting}", node.HostDefaults ? host : quiet);
            }
        }

        ns.WriteSysctl("net.ipv6.conf.all.forwarding", node.Forwarding ? "1" : "0");
    }

    // Without the kernel's br_netfilter there are no such settings, and bridges never call iptables.
    private static void CallIptables(NetworkNamespace ns, bool call)
    {
        foreach (var table in new[] { "iptables", "ip6tables", "arptables" })
        {
            try
            {
                ns.WriteSysctl($"net.bridge.bridge-nf-call-{table}", call ? "1" : "0");
            }
            catch (LinuxException e) when (e.Errno == Errno.ENOENT && !call)
            {
                return;
            }
        }
    }

    /// <summary>Whether a setting belongs to a device that must exist first: <c>net.ipv4.conf.eth0.rp_filter</c>.</summary>
    public static bool NeedsDevice(Node node, string sysctl) =>
        node.Devices.Any(d => sysctl.Contains($".{d.Name}.", StringComparison.Ordinal) || sysctl.Contains($"/{d.Name}/", StringComparison.Ordinal));

    // A node that has no IPv6 address, and does not ask for IPv6 in so many words, is spared all of it.
    private static bool UsesIPv6(Node node) =>
        node.HostDefaults || node.Devices.Any(d => d.Addresses.Any(a => a.IsIPv6))
        || node.Sysctls.Any(s => s.Key.EndsWith("disable_ipv6", StringComparison.Ordinal) && s.Value == "0");
}
