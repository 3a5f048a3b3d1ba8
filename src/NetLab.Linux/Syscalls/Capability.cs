using System.Globalization;

namespace NetLab.Linux;

/// <summary>The capabilities that are in effect for this process: capabilities(7).</summary>
internal static class Capability
{
    /// <summary>Whether the calling thread has a capability, by its number (include/uapi/linux/capability.h).</summary>
    public static bool Has(int number)
    {
        const string field = "CapEff:";
        var line = File.ReadLines("/proc/thread-self/status").FirstOrDefault(line => line.StartsWith(field, StringComparison.Ordinal));
        return line is not null
            && ulong.TryParse(line.AsSpan(field.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var effective)
            && (effective >> number & 1) is 1;
    }
}
