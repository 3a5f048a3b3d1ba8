using System.Text;

namespace NetLab.Linux;

/// <summary>
/// The namespace's sysctls: the files below <c>/proc/sys/net</c> as its processes see them. See sysctl(8) and Documentation/networking/ip-sysctl.rst.
/// </summary>
public sealed partial class NetworkNamespace
{
    // One page: the kernel hands out and takes in no more at a time.
    private const int LongestValue = 4096;

    /// <summary>Reads a sysctl of the namespace; the final newline is cut off.</summary>
    /// <param name="name">
    /// <c>net.ipv4.ip_forward</c>, or with slashes, which a device name with a dot needs: <c>net/ipv4/conf/eth0.100/arp_ignore</c>. As with
    /// sysctl(8) the first separator decides; after a dot as the first one, a slash stands for a dot: <c>net.ipv4.conf.eth0/100.arp_ignore</c>.
    /// </param>
    /// <exception cref="LinuxException">ENOENT: no such sysctl, or no such device; EACCES: it may not be read.</exception>
    public string ReadSysctl(string name) => Sysctl(name, optional: false)!;

    /// <summary>
    /// As <see cref="ReadSysctl"/>; null where the namespace has no such sysctl, because the kernel lacks the feature or there is no such device.
    /// </summary>
    /// <exception cref="LinuxException">EACCES: it may not be read.</exception>
    public string? FindSysctl(string name) => Sysctl(name, optional: true);

    private unsafe string? Sysctl(string name, bool optional)
    {
        var path = SysctlPath(name);
        var buffer = stackalloc byte[LongestValue];
        using var ns = Handle.Borrow();
        using var proc = ProcInstance.Borrow();
        fixed (byte* bytes = PathBytes(path))
        {
            var length = NamespaceWindow.ReadFile(ns.Number, proc.Number, bytes, buffer, LongestValue, out var entered);
            return length >= 0 ? Encoding.UTF8.GetString(buffer, length).TrimEnd('\n')
                : optional && entered && -length == Errno.ENOENT ? null
                : throw SysctlRefused($"read sysctl {name}", -length, entered);
        }
    }

    /// <summary>Writes a sysctl of the namespace.</summary>
    /// <param name="name">As for <see cref="ReadSysctl"/>.</param>
    /// <param name="value">The text to write; a newline at the end is not needed.</param>
    /// <exception cref="LinuxException">ENOENT: no such sysctl, or no such device; EINVAL: the kernel refuses the value; EACCES:
    /// it may not be written here.</exception>
    public unsafe void WriteSysctl(string name, string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        var path = SysctlPath(name);
        var text = Encoding.UTF8.GetBytes(value.EndsWith('\n') ? value : value + "\n");
        ArgumentOutOfRangeException.ThrowIfGreaterThan(text.Length, LongestValue, nameof(value));
        using var ns = Handle.Borrow();
        using var proc = ProcInstance.Borrow();
        fixed (byte* bytes = PathBytes(path), content = text)
        {
            var written = NamespaceWindow.WriteFile(ns.Number, proc.Number, bytes, content, text.Length, out var entered);
            if (written < 0)
            {
                throw SysctlRefused($"write \"{value}\" to sysctl {name}", -written, entered);
            }

            if (!IsWhole(text, written))
            {
                throw new LinuxException(
                    $"write \"{value}\" to sysctl {name}: the kernel took {written} of {text.Length} bytes, and not " +
                        $"\"{Encoding.UTF8.GetString(text.AsSpan(written)).Trim()}\"",
                    Errno.EINVAL);
            }
        }
    }

    // Handlers differ, by sysctl and by kernel, in whether they count the white space after the value: Linux 6.1 says that it took 1 of the 2 bytes
    // "0\n" for net.ipv6.conf.all.forwarding. Only what is left of the value itself was not taken.
    internal static bool IsWhole(ReadOnlySpan<byte> text, int written) => text[written..].Trim(" \t\n"u8).IsEmpty;

    // The path below the root of procfs.
    internal static string SysctlPath(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var first = name.AsSpan().IndexOfAny('.', '/');
        var relative = first >= 0 && name[first] is '.'
            ? string.Create(name.Length, name, static (to, from) =>
            {
                for (var i = 0; i < to.Length; i++)
                {
                    to[i] = from[i] switch { '.' => '/', '/' => '.', var other => other };
                }
            })
            : name;
        return relative.StartsWith('/') || relative.Split('/').Any(part => part is "" or "." or "..")
            ? throw new ArgumentException(
                $"\"{name}\" is not the name of a sysctl; write it like net.ipv4.ip_forward or net/ipv4/conf/eth0.100/arp_ignore.", nameof(name))
            : $"sys/{relative}";
    }

    private static LinuxException SysctlRefused(string doing, int errno, bool entered)
    {
        if (!entered)
        {
            return Refused(doing, errno, entered);
        }

        return new LinuxException(doing, errno, tryThis: errno switch
        {
            Errno.ENOENT => "No such sysctl in this namespace: is the device there, and has the kernel the feature?",
            Errno.EINVAL => "The kernel does not take this value",
            Errno.EACCES => "This sysctl cannot be changed inside a network namespace, or is read-only",
            _ => null,
        });
    }
}
