using System.Text;

namespace NetLab.Linux.Tests.Namespaces;

public sealed class NetworkNamespaceTests
{
    private static List<string> DevicesIn(NetworkNamespace ns)
    {
        using var file = new StreamReader(new FileStream(ns.OpenFile("/proc/net/dev", 0), FileAccess.Read));
        return file.ReadToEnd().Split('\n').Skip(2).Where(line => line.Contains(':')).Select(line => line.Split(':')[0].Trim()).ToList();
    }

    [Fact]
    public void A_new_namespace_is_another_one_than_the_processs_and_holds_only_lo()
    {
        using var home = NetworkNamespace.OfThisProcess();
        using var ns = NetworkNamespace.Create();
        using var other = NetworkNamespace.Create();
        Assert.NotEqual(home.Inode, ns.Inode);
        Assert.NotEqual(ns.Inode, other.Inode);
        Assert.Contains("lo", DevicesIn(ns));
        Assert.DoesNotContain(DevicesIn(ns), device => device.StartsWith("eth", StringComparison.Ordinal));
    }

    [Fact]
    public void The_thread_that_made_a_namespace_is_not_in_it()
    {
        var before = File.ResolveLinkTarget("/proc/thread-self/ns/net", false)!.Name;
        using var ns = NetworkNamespace.Create();
        Assert.Throws<LinuxException>(() => ns.OpenSocket(4711, 1, 0));
        Assert.Throws<LinuxException>(() => ns.OpenFile("/proc/net/no-such-file", 0));
        Assert.Equal(before, File.ResolveLinkTarget("/proc/thread-self/ns/net", false)!.Name);
    }

    [Fact]
    public void The_namespace_of_this_process_is_that_of_its_main_thread()
    {
        using var home = NetworkNamespace.OfThisProcess();
        using var same = NetworkNamespace.OpenProcess(Environment.ProcessId);
        Assert.Equal($"net:[{home.Inode}]", File.ResolveLinkTarget("/proc/self/ns/net", false)!.Name);
        Assert.Equal(home.Inode, same.Inode);
    }

    [Fact]
    public void A_namespace_can_be_opened_by_the_path_of_its_descriptor()
    {
        using var ns = NetworkNamespace.Create();
        using var again = NetworkNamespace.OpenPath($"/proc/self/fd/{ns.Handle.DangerousGetHandle()}");
        Assert.Equal(ns.Inode, again.Inode);
    }

    [Fact]
    public void A_file_that_is_no_network_namespace_is_refused()
    {
        Assert.Throws<ArgumentException>(() => NetworkNamespace.OpenPath("/proc/self/ns/uts"));
        Assert.Throws<ArgumentException>(() => NetworkNamespace.OpenPath("/etc/passwd"));
        Assert.Equal(Errno.ENOENT, Assert.Throws<LinuxException>(() => NetworkNamespace.OpenPath("/run/netns/none")).Errno);
    }

    [Fact]
    public void A_refused_socket_says_what_the_kernel_answered()
    {
        using var ns = NetworkNamespace.Create();
        var refused = Assert.Throws<LinuxException>(() => ns.OpenSocket(4711, 1, 0));
        Assert.Equal(Errno.EAFNOSUPPORT, refused.Errno);
        Assert.Contains("open a socket (domain 4711", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_closed_namespace_cannot_be_used()
    {
        var ns = NetworkNamespace.Create();
        ns.Dispose();
        Assert.Throws<ObjectDisposedException>(() => ns.OpenSocket(1, 1, 0));
    }

    [Fact]
    public void A_sysctl_written_in_one_namespace_is_not_seen_in_another()
    {
        using var a = NetworkNamespace.Create();
        using var b = NetworkNamespace.Create();
        b.WriteSysctl("net.ipv4.ip_default_ttl", "64");
        a.WriteSysctl("net.ipv4.ip_default_ttl", "7");
        Assert.Equal("7", a.ReadSysctl("net/ipv4/ip_default_ttl"));
        Assert.Equal("64", b.ReadSysctl("net.ipv4.ip_default_ttl"));
        Assert.Equal("64", File.ReadAllText("/proc/sys/net/ipv4/ip_default_ttl").Trim());
    }

    [Fact]
    public void The_sysctls_of_many_namespaces_are_each_ones_own_also_while_others_come()
    {
        var values = new string[200];
        Parallel.For(0, values.Length, i =>
        {
            using var ns = NetworkNamespace.Create();
            ns.WriteSysctl("net.ipv4.ip_default_ttl", $"{i + 1}");
            using var another = NetworkNamespace.Create();
            another.WriteSysctl("net.ipv4.ip_default_ttl", "64");
            values[i] = ns.ReadSysctl("net.ipv4.ip_default_ttl");
        });
        Assert.Equal(Enumerable.Range(1, values.Length).Select(i => $"{i}"), values);
    }

    [Fact]
    public void A_sysctl_that_the_kernel_refuses_says_so()
    {
        using var ns = NetworkNamespace.Create();
        var unknown = Assert.Throws<LinuxException>(() => ns.WriteSysctl("net.ipv4.no_such_thing", "1"));
        Assert.Equal(Errno.ENOENT, unknown.Errno);
        Assert.Contains("net.ipv4.no_such_thing", unknown.Message, StringComparison.Ordinal);
        Assert.Equal(Errno.EINVAL, Assert.Throws<LinuxException>(() => ns.WriteSysctl("net.ipv4.ip_default_ttl", "many")).Errno);
    }

    [Theory]
    [InlineData("0\n", 2, true)]
    [InlineData("0\n", 1, true)] // Linux 6.1, net.ipv6.conf.all.forwarding
    [InlineData("1000 2000\n", 9, true)]
    [InlineData("1000 2000\n", 5, false)]
    [InlineData("1 x\n", 2, false)]
    [InlineData("0\n", 0, false)]
    public void A_sysctl_is_written_whole_when_only_white_space_is_left(string text, int written, bool whole) =>
        Assert.Equal(whole, NetworkNamespace.IsWhole(Encoding.UTF8.GetBytes(text), written));

    [Theory]
    [InlineData("net.ipv4.ip_forward", "sys/net/ipv4/ip_forward")]
    [InlineData("net/ipv4/conf/eth0.100/arp_ignore", "sys/net/ipv4/conf/eth0.100/arp_ignore")]
    [InlineData("net.ipv4.conf.eth0/100.arp_ignore", "sys/net/ipv4/conf/eth0.100/arp_ignore")]
    public void Sysctl_names_are_read_as_sysctl_8_reads_them(string name, string path) => Assert.Equal(path, NetworkNamespace.SysctlPath(name));

    [Theory]
    [InlineData("net/../kernel/hostname")]
    [InlineData("/proc/sys/net/ipv4/ip_forward")]
    [InlineData("net..ipv4")]
    public void What_is_no_sysctl_name_is_refused(string name) => Assert.Throws<ArgumentException>(() => NetworkNamespace.SysctlPath(name));

    [Fact]
    public void Room_for_descriptors_beyond_the_limit_is_refused_with_the_limit_as_the_reason()
    {
        NetworkNamespace.ReserveFileDescriptors(100);
        Assert.Equal(Errno.EMFILE, Assert.Throws<LinuxException>(() => NetworkNamespace.ReserveFileDescriptors(100_000_000)).Errno);
    }

    [Fact]
    public void Many_threads_open_sockets_in_many_namespaces_at_once()
    {
        var namespaces = Enumerable.Range(0, 8).Select(_ => NetworkNamespace.Create()).ToArray();
        try
        {
            Parallel.For(0, 8, worker =>
            {
                for (var i = 0; i < 200; i++)
                {
                    var ns = namespaces[(worker + i) % namespaces.Length];
                    using var socket = ns.OpenSocket(2, 2, 0);

                    // SIOCGSKNS: a descriptor of the namespace that a socket is in.
                    var fd = Libc.ioctl((int)socket.DangerousGetHandle(), 0x894c, 0);
                    Assert.True(fd >= 0);
                    Assert.Equal(ns.Inode, Libc.InodeOf(fd));
                    _ = Libc.close(fd);
                }
            });
        }
        finally
        {
            Array.ForEach(namespaces, ns => ns.Dispose());
        }
    }
}
