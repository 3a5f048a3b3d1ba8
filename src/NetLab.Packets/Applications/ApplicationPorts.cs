namespace NetLab.Packets;

/// <summary>
/// Which protocol a UDP port suggests. A port is a hint alone: what does not read as that protocol, or says nothing in it (zeros read as
/// many a thing), is shown as data.
/// </summary>
internal static class ApplicationPorts
{
    public const ushort Dns = 53;
    public const ushort MulticastDns = 5353;
    public const ushort DhcpServer = 67;
    public const ushort DhcpClient = 68;
    public const ushort Dhcpv6Client = 546;
    public const ushort Dhcpv6Server = 547;

    public static void Describe(Dissection d, int at, int end, ushort source, ushort destination)
    {
        if (at >= end || d.InQuote)
        {
            d.Data(at, end);
            return;
        }

        switch (destination)
        {
            case VxlanPacket.Port or VxlanPacket.LinuxPort:
                VxlanPacket.Describe(d, at, end);
                return;
            case GenevePacket.Port:
                GenevePacket.Describe(d, at, end);
                return;
        }

        if (IsDhcp(source, destination))
        {
            DhcpMessage.Describe(d, at, end);
        }
        else if (IsDhcpv6(source, destination))
        {
            Dhcpv6Message.Describe(d, at, end);
        }
        else if (IsDns(source, destination))
        {
            DnsMessage.Describe(d, at, end);
        }
        else
        {
            d.Data(at, end);
        }
    }

    public static bool IsDns(ushort source, ushort destination) => source is (Dns or MulticastDns) || destination is (Dns or MulticastDns);

    public static bool IsDhcp(ushort source, ushort destination) => source is (DhcpServer or DhcpClient) && destination is (DhcpServer or DhcpClient);

    public static bool IsDhcpv6(ushort source, ushort destination) => source is (Dhcpv6Client or Dhcpv6Server) || destination is (Dhcpv6Client or Dhcpv6Server);
}
