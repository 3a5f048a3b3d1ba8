using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace NetLab.Linux.Netfilter;

/// <summary>
/// Reads the tables of iptables-legacy and ip6tables-legacy with their counters, by getsockopt(2).
/// Only tables that the namespace has are asked for, for the question alone would
/// make them; nothing is written. Owns a descriptor of the lists of their names, and the sockets to ask by.
/// </summary>
/// <remarks>
/// <para>Not safe for several threads at once.</para>
/// <code>
/// IPT_SO_GET_INFO, IP6T_SO_GET_INFO 64; IPT_SO_GET_ENTRIES, IP6T_SO_GET_ENTRIES 65 // include/uapi/linux/netfilter_ipv4/ip_tables.h,
/// netfilter_ipv6/ip6_tables.h
/// struct ipt_getinfo { char name[32]; unsigned valid_hooks, hook_entry[5], underflow[5], num_entries, size; };
/// struct ipt_get_entries { char name[32]; unsigned size; struct ipt_entry entrytable[]; };    // entries are aligned to 8 bytes: they begin at 40
/// </code>
/// </remarks>
internal sealed unsafe class LegacyTables : IDisposable
{
    private const int GetInfo = 64, GetEntries = 65;
    private const int NameSize = 32, InfoSize = 84, EntriesAt = 40, LongestNames = 512;

    private readonly NetworkNamespace _ns;
    private readonly Source[] _sources = [new(LegacyLayout.Ip), new(LegacyLayout.Ip6)];

    private LegacyTables(NetworkNamespace ns) => _ns = ns;

    /// <summary>Opens nothing yet: a kernel without legacy tables costs nothing.</summary>
    /// <param name="ns">The namespace. It is not disposed with this object.</param>
    public static LegacyTables Of(NetworkNamespace ns)
    {
        ArgumentNullException.ThrowIfNull(ns);
        return new LegacyTables(ns);
    }

    /// <summary>Makes a table of both families, as a question for one that a namespace does not have does.</summary>
    internal static void Make(NetworkNamespace ns, string name)
    {
        using var tables = new LegacyTables(ns);
        foreach (var source in tables._sources)
        {
            tables.Read(source, name);
        }
    }

    /// <summary>The tables as they are now, with the figures of their counters. Without any that is two reads of an empty file.</summary>
    /// <exception cref="LinuxException">EPERM: the capability NET_ADMIN over the namespace is missing.</exception>
    public IReadOnlyList<LegacyTable> Read()
    {
        List<LegacyTable>? tables = null;
        foreach (var source in _sources)
        {
            foreach (var name in Names(source))
            {
                (tables ??= []).Add(Read(source, name));
            }
        }

        return tables ?? (IReadOnlyList<LegacyTable>)[];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var source in _sources)
        {
            source.Names?.Dispose();
            source.Socket?.Dispose();
        }
    }

    private string[] Names(Source source)
    {
        if (source.Names is null)
        {
            // It is there in every namespace, or, as long as the kernel has no such tables, in none.
            if (!File.Exists(source.Layout.NamesPath))
            {
                return [];
            }

            source.Names = _ns.OpenFile(source.Layout.NamesPath, 0);
        }

        Span<byte> bytes = stackalloc byte[LongestNames];
        var length = RandomAccess.Read(source.Names, bytes, 0);
        return length == 0 ? [] : Encoding.ASCII.GetString(bytes[..length]).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private LegacyTable Read(Source source, string name)
    {
        source.Socket ??= _ns.OpenSocket(source.Layout.Domain, Libc.SOCK_RAW, Libc.IPPROTO_RAW);
        while (true)
        {
            var info = new byte[InfoSize];
            Ask(source, GetInfo, name, info);
            var numbers = MemoryMarshal.Cast<byte, uint>(info.AsSpan(NameSize));
            var (size, entries) = ((int)numbers[12], new byte[EntriesAt + (int)numbers[12]]);
            MemoryMarshal.Write(entries.AsSpan(NameSize), size);
            try
            {
                Ask(source, GetEntries, name, entries);
            }
            catch (LinuxException e) when (e.Errno is Errno.EAGAIN)
            {
                continue; // somebody changed the table between the two questions
            }

            return new LegacyTable(source.Layout, name, numbers[0], numbers[1..6].ToArray(), entries.AsMemory(EntriesAt));
        }
    }

    private static void Ask(Source source, int option, string name, byte[] answer)
    {
        Encoding.ASCII.GetBytes(name, answer);
        using var fd = source.Socket!.Borrow();
        fixed (byte* bytes = answer)
        {
            var length = answer.Length;
            if (Libc.getsockopt(fd.Number, source.Layout.Level, option, bytes, &length) < 0)
            {
                throw new LinuxException($"read the table {name} of {source.Layout.Program}", Libc.LastErrno);
            }
        }
    }

    private sealed class Source(LegacyLayout layout)
    {
        public LegacyLayout Layout => layout;

        public SafeFileHandle? Names { get; set; }

        public SafeFileHandle? Socket { get; set; }
    }
}

/// <summary>Where things are in an entry of a table, and how the tables of a family are asked for.</summary>
/// <remarks>
/// <code>
/// struct ipt_entry { struct ipt_ip ip; unsigned nfcache; u16 target_offset, next_offset; unsigned comefrom;
/// struct xt_counters { u64 pcnt, bcnt; } counters; elems[]; };
/// struct ip6t_entry { struct ip6t_ip6 ipv6; unsigned nfcache; u16 target_offset, next_offset; unsigned comefrom; struct xt_counters counters; elems[]; };
/// struct ipt_ip { in_addr src, dst, smsk, dmsk; char iniface[16], outiface[16]; u8 iniface_mask[16], outiface_mask[16]; u16 proto;
/// u8 flags, invflags; }; // 84 bytes
/// struct ip6t_ip6 { in6_addr src, dst, smsk, dmsk; char iniface[16], outiface[16]; u8 iniface_mask[16], outiface_mask[16]; u16 proto;
/// u8 tos, flags, invflags; }; // 136 with its padding
/// </code>
/// </remarks>
/// <param name="Family">The family.</param>
/// <param name="Program">The program whose tables they are.</param>
/// <param name="NamesPath">Lists the tables of a namespace.</param>
/// <param name="Domain">Of the socket to ask by.</param>
/// <param name="Level">Of the options to ask for.</param>
/// <param name="AddressSize">Bytes of an address.</param>
/// <param name="InverseAt">Where the flags are that turn a condition round.</param>
/// <param name="TargetOffsetAt">Where target_offset is; next_offset comes after it.</param>
/// <param name="CountersAt">Where the counters are.</param>
internal sealed record LegacyLayout(NftFamily Family, string Program, string NamesPath, int Domain, int Level, int AddressSize, int InverseAt,
    int TargetOffsetAt, int CountersAt)
{
    public static readonly LegacyLayout Ip = new(NftFamily.Ip, "iptables-legacy", "/proc/net/ip_tables_names", Libc.AF_INET, Libc.SOL_IP, 4, 83, 88, 96);
    public static readonly LegacyLayout Ip6 =
        new(NftFamily.Ip6, "ip6tables-legacy", "/proc/net/ip6_tables_names", Libc.AF_INET6, Libc.SOL_IPV6, 16, 132, 140, 152);
}
