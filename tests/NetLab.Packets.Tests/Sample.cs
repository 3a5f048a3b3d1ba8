using System.Net;

namespace NetLab.Packets.Tests;

/// <summary>Addresses and frames that several tests use.</summary>
internal static class Sample
{
    public static readonly MacAddress Mac1 = MacAddress.Parse("fa:16:3e:00:00:01");
    public static readonly MacAddress Mac2 = MacAddress.Parse("fa:16:3e:00:00:02");
    public static readonly IPAddress Ip1 = IPAddress.Parse("10.0.0.11");
    public static readonly IPAddress Ip2 = IPAddress.Parse("10.0.0.12");
    public static readonly IPAddress V6Ip1 = IPAddress.Parse("2001:db8::11");
    public static readonly IPAddress V6Ip2 = IPAddress.Parse("2001:db8::12");

    public static byte[] Hex(string hex) => Convert.FromHexString(string.Concat(hex.Where(c => !char.IsWhiteSpace(c))));

    public static Frame Udp(int payload = 5, IpOptions? options = null) =>
        Frame.Udp(Mac1, Mac2, Ip1, Ip2, 40000, 53, Bytes(payload), options);

    public static Frame Udp6(int payload = 5, IpOptions? options = null) =>
        Frame.Udp(Mac1, Mac2, V6Ip1, V6Ip2, 40000, 53, Bytes(payload), options);

    public static byte[] Bytes(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)((i * 7) + 1))];
}
