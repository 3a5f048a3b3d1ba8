using NetLab.Packets;

namespace NetLab.Scenarios;

/// <summary>Why an answer came where it should not. Asked afterwards, of the lab as it is then.</summary>
internal static class ArrivalReasons
{
    /// <summary>Why a node answered, where it is its kernel that does so.</summary>
    public static IEnumerable<string> OfAnswer(Frame frame, Device? from)
    {
        if (frame.Arp is not { Operation: ArpOperation.Reply, SenderIp: var ip } || from is not { Guest: null } || Has(from))
        {
            yield break;
        }
        if (from.Node.Devices.FirstOrDefault(Has) is { } owner)
        {
            var ignore = from.Node.ReadSysctl($"net/ipv4/conf/{from.Name}/arp_ignore").Trim();
            yield return $"{ip} is an address of {owner.Node}:{owner.Name}, and {from.Name} answers for it: net.ipv4.conf.{from.Name}.arp_ignore is {ignore}, "
                + "with which Linux answers at every device for each address of the host.";
        }

        bool Has(Device device) => device.Addresses.Any(own => own.Address.Equals(ip.ToIPAddress()));
    }
}
