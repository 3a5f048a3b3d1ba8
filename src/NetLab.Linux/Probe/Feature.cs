namespace NetLab.Linux.Probe;

/// <summary>What a kernel, a machine or a container may have or lack, and NetLab uses. <see cref="Capabilities"/> tells which are there.</summary>
public enum Feature
{
    /// <summary>CAP_NET_ADMIN: configures devices, addresses, routes and rules.</summary>
    CapNetAdmin,

    /// <summary>CAP_SYS_ADMIN: makes and enters namespaces.</summary>
    CapSysAdmin,

    /// <summary>CAP_NET_RAW: opens packet sockets and raw sockets.</summary>
    CapNetRaw,

    /// <summary>CAP_SYS_CHROOT: leaves mount namespaces again.</summary>
    CapSysChroot,

    /// <summary>CAP_BPF: loads BPF programs (CAP_SYS_ADMIN will do).</summary>
    CapBpf,

    /// <summary>CAP_PERFMON: attaches BPF programs to tracepoints (CAP_SYS_ADMIN will do).</summary>
    CapPerfmon,

    /// <summary>Network namespaces: what a lab is made of.</summary>
    NetworkNamespaces,

    /// <summary>Mount namespaces with a tmpfs in them: programs in a node, and their files.</summary>
    MountNamespaces,

    /// <summary>PID namespaces: programs that die with the lab.</summary>
    PidNamespaces,

    /// <summary>User namespaces.</summary>
    UserNamespaces,

    /// <summary>Descriptors of processes: the end of a program is told.</summary>
    Pidfd,

    /// <summary>The mount calls of Linux 5.2 (fsopen, fsmount).</summary>
    NewMountApi,

    /// <summary>Tap devices: the network cards of fake VMs.</summary>
    Tap,

    /// <summary>Offload headers on taps.</summary>
    TapVnetHeader,

    /// <summary>Taps with several queues.</summary>
    TapMultiQueue,

    /// <summary>Packet sockets: capture, and the hops of a frame.</summary>
    PacketSockets,

    /// <summary>Pairs of devices: cables.</summary>
    Veth,

    /// <summary>Linux bridges.</summary>
    Bridge,

    /// <summary>VLAN sub-devices (eth0.100).</summary>
    Vlan,

    /// <summary>VXLAN tunnels.</summary>
    Vxlan,

    /// <summary>Several MAC addresses on one device.</summary>
    Macvlan,

    /// <summary>A macvlan whose owner is a process.</summary>
    Macvtap,

    /// <summary>Several IP addresses behind one MAC address.</summary>
    Ipvlan,

    /// <summary>Geneve tunnels.</summary>
    Geneve,

    /// <summary>GRE tunnels for IP.</summary>
    Gre,

    /// <summary>GRE tunnels for Ethernet.</summary>
    Gretap,

    /// <summary>IPv4 in IPv4 tunnels.</summary>
    Ipip,

    /// <summary>IPv6 in IPv4 tunnels.</summary>
    Sit,

    /// <summary>Devices that swallow everything.</summary>
    Dummy,

    /// <summary>Devices to shape incoming traffic with.</summary>
    Ifb,

    /// <summary>Several devices as one.</summary>
    Bond,

    /// <summary>Several devices as one, by a daemon.</summary>
    Team,

    /// <summary>Routing tables bound to devices.</summary>
    Vrf,

    /// <summary>WireGuard tunnels.</summary>
    Wireguard,

    /// <summary>Devices for IPsec.</summary>
    Xfrm,

    /// <summary>Pairs of devices programmed by BPF.</summary>
    Netkit,

    /// <summary>VLANs on Linux bridges.</summary>
    BridgeVlanFiltering,

    /// <summary>Multicast snooping of Linux bridges.</summary>
    BridgeMulticastSnooping,

    /// <summary>iptables on frames that a bridge forwards, as OpenStack's hybrid plug has it.</summary>
    BridgeNetfilter,

    /// <summary>nftables for IPv4 and IPv6.</summary>
    NftInet,

    /// <summary>nftables on bridges.</summary>
    NftBridge,

    /// <summary>nftables at devices.</summary>
    NftNetdev,

    /// <summary>Following frames through nftables rules.</summary>
    NftTrace,

    /// <summary>The tables of iptables-legacy and ip6tables-legacy.</summary>
    IptablesLegacy,

    /// <summary>Rules on the state of connections.</summary>
    Conntrack,

    /// <summary>Rules on the state of connections on bridges, without br_netfilter.</summary>
    BridgeConntrack,

    /// <summary>Delay, loss and reordering by the kernel.</summary>
    Netem,

    /// <summary>A rate by the kernel (token bucket).</summary>
    Tbf,

    /// <summary>Rates by class.</summary>
    Htb,

    /// <summary>Hooks for tc and BPF on both directions.</summary>
    Clsact,

    /// <summary>Fair queueing, and departure times.</summary>
    Fq,

    /// <summary>BPF programs at all.</summary>
    BpfPrograms,

    /// <summary>BPF programs on tracepoints: the reason of every drop.</summary>
    BpfTracing,

    /// <summary>The kernel's description of its types.</summary>
    Btf,

    /// <summary>Tracepoints as files.</summary>
    TraceFs,

    /// <summary>Open vSwitch's datapath in the kernel.</summary>
    OvsKernelDatapath,

    /// <summary>The switch of Open vSwitch (<c>ovs-vswitchd</c>).</summary>
    OvsVswitchd,

    /// <summary>The database of Open vSwitch (<c>ovsdb-server</c>).</summary>
    OvsdbServer,

    /// <summary>The configuration tool of Open vSwitch (<c>ovs-vsctl</c>).</summary>
    OvsVsctl,

    /// <summary>The flow tool of Open vSwitch (<c>ovs-ofctl</c>).</summary>
    OvsOfctl,

    /// <summary>The tool of nftables (<c>nft</c>).</summary>
    NftProgram,

    /// <summary>The tool of iptables (<c>iptables</c>).</summary>
    IptablesProgram,

    /// <summary>The tool of ebtables (<c>ebtables</c>).</summary>
    EbtablesProgram,

    /// <summary>The tool of connection tracking (<c>conntrack</c>).</summary>
    ConntrackTool,

    /// <summary>A DHCP and DNS server, as Neutron uses it (<c>dnsmasq</c>).</summary>
    DnsmasqProgram,

    /// <summary>A second opinion on captured frames (<c>tshark</c>).</summary>
    TsharkProgram,

    /// <summary>Containers (<c>docker</c>).</summary>
    DockerProgram,
}
