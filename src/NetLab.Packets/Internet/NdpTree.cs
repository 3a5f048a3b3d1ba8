using System.Text;
using static System.Buffers.Binary.BinaryPrimitives;

namespace NetLab.Packets;

/// <summary>Fields of the five messages of neighbor discovery and of their options.</summary>
internal static class NdpTree
{
    /// <returns>False when the message is none of them.</returns>
    public static bool Describe(Dissection d, Layer layer, int at, int end)
    {
        var bytes = d.Bytes[at..end];
        var fixedLength = (Icmpv6Type)bytes[0] switch
        {
            Icmpv6Type.RouterSolicitation => 8,
            Icmpv6Type.RouterAdvertisement => 16,
            Icmpv6Type.NeighborSolicitation or Icmpv6Type.NeighborAdvertisement => 24,
            Icmpv6Type.Redirect => 40,
            _ => 0,
        };
        if (fixedLength == 0)
        {
            return false;
        }

        if (bytes.Length < fixedLength)
        {
            layer.Defect = Defect.Truncated("neighbor discovery message");
            return false;
        }

        switch ((Icmpv6Type)bytes[0])
        {
            case Icmpv6Type.RouterAdvertisement:
                layer.Add("Hop limit", 4, 1, bytes[4]);
                layer.Add("Managed", 5, 1, (bytes[5] & 0x80) != 0);
                layer.Add("Other configuration", 5, 1, (bytes[5] & 0x40) != 0);
                layer.Add("Home agent", 5, 1, (bytes[5] & 0x20) != 0);
                layer.Summary = $"router advertisement lifetime {ReadUInt16BigEndian(bytes[6..])} s";
                layer.Add("Preference", 5, 1, (bytes[5] >> 3) & 3, ((RouterPreference)((bytes[5] >> 3) & 3)).ToString());
                layer.Add("Router lifetime", 6, 2, ReadUInt16BigEndian(bytes[6..]));
                layer.Add("Reachable time", 8, 4, ReadUInt32BigEndian(bytes[8..]));
                layer.Add("Retransmission timer", 12, 4, ReadUInt32BigEndian(bytes[12..]));
                break;
            case Icmpv6Type.NeighborAdvertisement:
                layer.Add("Router", 4, 1, (bytes[4] & 0x80) != 0);
                layer.Add("Solicited", 4, 1, (bytes[4] & 0x40) != 0);
                layer.Add("Override", 4, 1, (bytes[4] & 0x20) != 0);
                layer.Add("Target", 8, 16, Ipv6Address.Read(bytes[8..]));
                break;
            case Icmpv6Type.NeighborSolicitation:
                layer.Add("Target", 8, 16, Ipv6Address.Read(bytes[8..]));
                break;
            case Icmpv6Type.Redirect:
                layer.Add("Target", 8, 16, Ipv6Address.Read(bytes[8..]));
                layer.Add("Destination", 24, 16, Ipv6Address.Read(bytes[24..]));
                layer.Summary = $"redirect {Ipv6Address.Read(bytes[24..])} to {Ipv6Address.Read(bytes[8..])}";
                break;
        }

        var walk = new NdpOptionEnumerator(bytes[fixedLength..]);
        var option = fixedLength;
        while (walk.MoveNext())
        {
            Describe(layer, option, walk.Current);
            if (bytes[0] == (byte)Icmpv6Type.NeighborAdvertisement && walk.Current.TryGetMac(out var mac))
            {
                layer.Summary = $"{Ipv6Address.Read(bytes[8..])} is-at {mac}";
            }

            option += walk.Current.Bytes.Length;
        }

        layer.Defect = walk.Defect;
        return true;
    }

    private static void Describe(Layer layer, int at, NdpOption option)
    {
        var bytes = option.Bytes;
        var length = bytes.Length;
        if (option.TryGetMac(out var mac))
        {
            layer.Add(option.Type == NdpOptionType.SourceLinkLayerAddress ? "Source MAC" : "Target MAC", at, length, mac);
        }
        else if (option.TryGetPrefix(out var prefix))
        {
            var field = layer.Add("Prefix", at, length, $"{prefix.Prefix}/{prefix.Length}");
            field.Child("On link", 3, 1, prefix.OnLink);
            field.Child("Autonomous", 3, 1, prefix.Autonomous);
            field.Child("Valid lifetime", 4, 4, prefix.ValidLifetime);
            field.Child("Preferred lifetime", 8, 4, prefix.PreferredLifetime);
        }
        else if (option.TryGetMtu(out var mtu))
        {
            layer.Add("MTU", at, length, mtu);
        }
        else if (option.TryGetRoute(out var route))
        {
            var field = layer.Add("Route", at, length, $"{route.Prefix}/{route.Length}");
            field.Child("Preference", 3, 1, (int)route.Preference, route.Preference.ToString());
            field.Child("Lifetime", 4, 4, route.Lifetime);
        }
        else if (option.TryGetPref64(out var pref64))
        {
            layer.Add("NAT64 prefix", at, length, $"{pref64.Prefix}/{pref64.Length}").Child("Lifetime", 2, 2, pref64.Lifetime);
        }
        else if (option.Type is NdpOptionType.RecursiveDnsServer or NdpOptionType.DnsSearchList)
        {
            var (servers, domains) = (new List<Ipv6Address>(), new List<string>());
            RouterAdvertisement.ReadDns(option, servers, domains);
            var isServer = option.Type == NdpOptionType.RecursiveDnsServer;
            var field = layer.Add(isServer ? "DNS servers" : "DNS search list", at, length, isServer ? string.Join(' ', servers) : string.Join(' ', domains));
            field.Child("Lifetime", 4, 4, ReadUInt32BigEndian(bytes[4..]));
        }
        else
        {
            switch (option.Type)
            {
                case NdpOptionType.CaptivePortal:
                    layer.Add("Captive portal", at, length, Encoding.ASCII.GetString(bytes[2..].TrimEnd((byte)0)));
                    break;
                case NdpOptionType.RedirectedHeader:
                    layer.Add("Redirected packet", at, length, Convert.ToHexStringLower(bytes[8..]));
                    break;
                default:
                    layer.Add(Enum.IsDefined(option.Type) ? option.Type.ToString() : $"Option {(byte)option.Type}", at, length,
                        Convert.ToHexStringLower(bytes[2..]));
                    break;
            }
        }
    }
}
