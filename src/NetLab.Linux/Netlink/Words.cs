using System.Net.NetworkInformation;
using System.Text.RegularExpressions;

namespace NetLab.Linux.Netlink;

/// <summary>Values in the words of iproute2, for messages.</summary>
internal static partial class Words
{
    /// <summary><c>02:00:00:00:00:01</c>.</summary>
    public static string Colons(this PhysicalAddress address) => string.Join(':', address.GetAddressBytes().Select(b => b.ToString("x2", null)));

    /// <summary>What is set in a record of settings: <c>Priority 100, Cost 5</c>. Taken from the text that every record has of itself.</summary>
    public static string Settings(object record) => string.Join(", ", Setting().Matches(record.ToString() ?? "")
        .Where(m => m.Groups[1].Value is not ("Name" or "Kind") && m.Groups[2].Value.Trim() is not ("" or "False" or "[]" or "System.String[]"))
        .Select(m => $"{m.Groups[1].Value} {m.Groups[2].Value.Trim()}"));

    [GeneratedRegex(@"(\w+) = ([^,{}]+)(?=[,}])")]
    private static partial Regex Setting();
}
