using System.Globalization;

namespace NetLab.Linux;

/// <summary>The capabilities that are in effect for this process: capabilities(7).</summary>
internal static class Capability
{
    /// <summary>Whether the calling thread has a capability, by its number (include/uapi/linux/capability.h).</summary>
    public static bool Has(int number) => (OfThread().Effective >> number & 1) is 1;

    /// <summary>The sets of the calling thread, a bit for each number.</summary>
    public static (ulong Inheritable, ulong Permitted, ulong Effective, ulong Bounding) OfThread()
    {
        var sets = new Dictionary<string, ulong>(StringComparer.Ordinal);
        foreach (var line in File.ReadLines("/proc/thread-self/status").Where(line => line.StartsWith("Cap", StringComparison.Ordinal)))
        {
            var parts = line.Split(':', StringSplitOptions.TrimEntries);
            sets[parts[0]] = ulong.Parse(parts[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        }

        return (sets.GetValueOrDefault("CapInh"), sets.GetValueOrDefault("CapPrm"), sets.GetValueOrDefault("CapEff"), sets.GetValueOrDefault("CapBnd"));
    }
}
