using System.Security.Cryptography;
using System.Text;
using NetLab.Packets;

namespace NetLab;

/// <summary>What names may look like, and what derives from them: a lab built twice has the same MAC addresses twice.</summary>
internal static class Names
{
    /// <summary>The longest device name that the kernel takes: IFNAMSIZ (16) less its closing zero, <c>include/uapi/linux/if.h</c>.</summary>
    public const int LongestDevice = 15;

    /// <summary>What is wrong with a device's name, or null; the kernel's own rule is <c>dev_valid_name</c> in net/core/dev.c.</summary>
    public static string? ProblemOfDevice(string name)
    {
        if (string.IsNullOrEmpty(name))
        {
            return "a device needs a name";
        }

        var bytes = Encoding.UTF8.GetByteCount(name);
        if (bytes > LongestDevice)
        {
            return $"device name '{name}' has {bytes} bytes; Linux takes at most {LongestDevice}, for example '{name[..Math.Min(name.Length, LongestDevice)]}'";
        }

        if (name.Contains('%', StringComparison.Ordinal))
        {
            return $"device name '{name}' has a '%', by which Linux numbers devices (eth%d becomes eth0); write the name out";
        }

        if (name is "all" or "default")
        {
            return $"'{name}' is where a node's settings for all devices stand (net.ipv4.conf.{name}); no device can have that name";
        }

        if (name is "." or ".." || name.Any(c => c is '/' or ':' || char.IsWhiteSpace(c)))
        {
            return $"device name '{name}' has a character that Linux refuses (blank, '/' or ':')";
        }

        return null;
    }

    /// <summary>What is wrong with the name of a node or a VM, or null.</summary>
    public static string? ProblemOfNode(string name, string what)
    {
        if (string.IsNullOrWhiteSpace(name))
        {
            return $"a {what} needs a name";
        }

        return !PlainText.IsPlain(name) || name.Any(c => char.IsWhiteSpace(c) || c is '/' or ':')
            ? $"{what} name '{name}' has a blank, a control character, '/' or ':'; use letters, digits, '-', '_' and '.'"
            : null;
    }

    /// <summary>A locally administered unicast MAC address that depends on the text alone.</summary>
    public static MacAddress MacFor(string text, byte first = 0x02)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes(text), hash);
        hash[0] = first;
        return MacAddress.FromBytes(hash[..6]);
    }

    /// <summary>A free name made from <paramref name="wanted"/>: cut to what a device name may have, numbered when taken.</summary>
    public static string Free(string wanted, Func<string, bool> taken)
    {
        var name = wanted.Length > LongestDevice ? wanted[..LongestDevice] : wanted;
        for (var n = 1; taken(name); n++)
        {
            var tail = n.ToString();
            name = wanted[..Math.Min(wanted.Length, LongestDevice - tail.Length)] + tail;
        }

        return name;
    }
}
