using System.Globalization;
using System.Text.Json.Nodes;
using NetLab.Linux.Netlink;

namespace NetLab.Scenarios;

/// <summary>Words that tunnels share.</summary>
internal static class TunnelWords
{
    public static readonly IReadOnlyList<(string, TunnelDf)> Df = [("unset", TunnelDf.Unset), ("set", TunnelDf.Set), ("inherit", TunnelDf.Inherit)];

    /// <summary>Null: that of the packet inside.</summary>
    public static readonly ScalarShape<byte?> Ttl = ByteOr<byte?>("a TTL", number => number, null);

    /// <summary>1: that of the packet inside, as the kernel has it.</summary>
    public static readonly ScalarShape<byte> Tos = ByteOr<byte>("a TOS", number => number, 1);

    private static ScalarShape<T> ByteOr<T>(string noun, Func<byte, T> value, T inherit) => new(noun, "64",
        scalar => scalar.Text == "inherit" ? (inherit, null)
            : byte.TryParse(scalar.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? (value(number), null)
            : (inherit, new Problem($"{scalar.Noun} is not {noun}", "a whole number from 0 to 255, or 'inherit'")),
        () => new JsonObject
        {
            ["anyOf"] = new JsonArray(new JsonObject { ["type"] = "integer", ["minimum"] = 0, ["maximum"] = 255 }, new JsonObject { ["const"] = "inherit" }),
        });
}
