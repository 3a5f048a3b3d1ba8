using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using Tmds.Linux;

namespace NetLab.Linux.Tests.Syscalls;

/// <summary>
/// What this project declares of the C library by itself is what Tmds.LibC declares, on x86-64 and on arm64:
/// its arm64 assembly is managed code, whose constants and layouts can be read here.
/// </summary>
public sealed unsafe class TmdsConformanceTests
{
    private const BindingFlags Static = BindingFlags.Static | BindingFlags.Public | BindingFlags.DeclaredOnly;

    // What Tmds.LibC 0.5.0 does not have: so it stays ours. One that it has gets a comparison, and is to be taken off here.
    private static readonly string[] OursAlone =
    [
        "CAP_", "POSIX_SPAWN_", "NS_GET_NSTYPE", "P_PIDFD", "WEXITED", "WNOHANG",
    ];

    public static TheoryData<string> Architectures => ["linux-x64", "linux-arm64"];

    [Theory]
    [MemberData(nameof(Architectures))]
    public void Constants_are_the_same(string rid)
    {
        var theirs = Load(rid).GetType("Tmds.Linux.LibC", throwOnError: true)!;
        FieldInfo[] ours = [.. typeof(Libc).GetFields(Static).Where(f => f.IsLiteral && f.Name != nameof(Libc.MAP_FAILED))];
        var compared = 0;
        foreach (var field in ours)
        {
            if (theirs.GetProperty(field.Name, Static) is { } property)
            {
                Assert.True(Number(field.GetRawConstantValue()!) == Number(property.GetValue(null)!),
                    $"{field.Name} is {field.GetRawConstantValue()} here and {property.GetValue(null)} in Tmds.LibC ({rid})");
                compared++;
            }
            else
            {
                Assert.Contains(OursAlone, prefix => field.Name.StartsWith(prefix, StringComparison.Ordinal));
            }
        }

        Assert.True(compared >= 50, $"only {compared} constants were compared");
        Assert.Equal(rid == "linux-arm64" ? 0x4000 : 0x10000, (int)Number(theirs.GetProperty("O_DIRECTORY", Static)!.GetValue(null)!));
    }

    [Theory]
    [MemberData(nameof(Architectures))]
    public void Error_numbers_are_the_same(string rid)
    {
        var theirs = Load(rid).GetType("Tmds.Linux.LibC", throwOnError: true)!;
        var compared = 0;
        foreach (var field in typeof(Errno).GetFields(Static).Where(f => f.IsLiteral))
        {
            if (theirs.GetProperty(field.Name, Static) is { } property)
            {
                Assert.True(Number(field.GetRawConstantValue()!) == Number(property.GetValue(null)!), $"{field.Name} ({rid})");
                compared++;
            }
        }

        Assert.True(compared >= 100, $"only {compared} error numbers were compared");
    }

    [Theory]
    [MemberData(nameof(Architectures))]
    public void Structs_have_the_same_sizes_and_offsets(string rid)
    {
        var theirs = Load(rid);
        Same<Libc.IoVector>("iovec", ("Base", "iov_base"), ("Length", "iov_len"));
        Same<Libc.MessageHeader>(
            "msghdr", ("Name", "msg_name"), ("NameLength", "msg_namelen"), ("Vectors", "msg_iov"), ("VectorCount", "msg_iovlen"),
                ("Control", "msg_control"), ("ControlLength", "msg_controllen"), ("Flags", "msg_flags"));

        // Laid out by hand where they are used: epoll_event is packed on x86-64 alone, statx and sockaddr_ll are the same everywhere.
        Assert.Equal(rid == "linux-x64" ? 12 : 16, Size("epoll_event"));
        Assert.Equal((256, 32, 20, 24, 28),
            (Size("statx"), Offset("statx", "stx_ino"), Offset("statx", "stx_uid"), Offset("statx", "stx_gid"), Offset("statx", "stx_mode")));
        Assert.Equal((20, 0, 2, 4, 8, 10),
            (Size("sockaddr_ll"), Offset("sockaddr_ll", "sll_family"), Offset("sockaddr_ll", "sll_protocol"), Offset("sockaddr_ll", "sll_ifindex"),
                Offset("sockaddr_ll", "sll_hatype"), Offset("sockaddr_ll", "sll_pkttype")));

        int Size(string name) => Marshal.SizeOf(theirs.GetType($"Tmds.Linux.{name}", throwOnError: true)!);

        // A field, or the one behind a property.
        int Offset(string name, string field)
        {
            var type = theirs.GetType($"Tmds.Linux.{name}", throwOnError: true)!;
            string[] names = [field, $"_{field}", $"<{field}>k__BackingField"];
            return (int)Marshal.OffsetOf(type, type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
                .Single(f => names.Contains(f.Name)).Name);
        }

        void Same<T>(string name, params (string Ours, string Theirs)[] fields)
        {
            Assert.Equal(Marshal.SizeOf<T>(), Size(name));
            foreach (var (mine, other) in fields)
            {
                Assert.True((int)Marshal.OffsetOf<T>(mine) == Offset(name, other), $"{name}.{other}");
            }
        }
    }

    [Fact]
    public void Calls_have_the_same_result()
    {
        Same(Libc.close(-1), () => LibC.close(-1));
        Same(Libc.socket(999, 1, 0), () => LibC.socket(999, 1, 0));
        Same(Libc.setns(-1, Libc.CLONE_NEWNET), () => LibC.setns(-1, LibC.CLONE_NEWNET));
        Same(Libc.dup3(0, 0, 0), () => LibC.dup3(0, 0, 0));
        Same(Libc.fcntl(-1, Libc.F_GETFD, 0), () => LibC.fcntl(-1, LibC.F_GETFD));
        Same(Libc.ioctl(-1, 0, 0), () => LibC.ioctl(-1, 0));
        Same(Libc.pipe2(null, 0), () => LibC.pipe2(null, 0));

        static void Same(int ours, Func<int> theirs)
        {
            var mine = Libc.LastErrno;
            var other = theirs();
            Assert.Equal((ours, mine), (other, LibC.errno));
        }
    }

    [Fact]
    public void What_is_sent_by_one_is_received_by_the_other()
    {
        var pair = stackalloc int[2];
        Assert.Equal(0, LibC.socketpair(LibC.AF_UNIX, LibC.SOCK_DGRAM | LibC.SOCK_CLOEXEC, 0, pair));
        var buffer = stackalloc byte[8];
        buffer[0] = 42;
        var ourVector = new Libc.IoVector { Base = buffer, Length = 5 };
        var ours = new Libc.MessageHeader { Vectors = &ourVector, VectorCount = 1 };
        Assert.Equal(5, Libc.sendmsg(pair[0], &ours, 0));
        var other = stackalloc byte[8];
        var theirVector = new iovec { iov_base = other, iov_len = 8 };
        msghdr theirs = default;
        theirs.msg_iov = &theirVector;
        theirs.msg_iovlen = 1;
        Assert.Equal(5, (long)LibC.recvmsg(pair[1], &theirs, 0));
        Assert.Equal(42, other[0]);

        int type, length = sizeof(int);
        Assert.Equal(0, Libc.getsockopt(pair[0], Libc.SOL_SOCKET, Libc.SO_TYPE, &type, &length));
        Assert.Equal(LibC.SOCK_DGRAM, type);
        statx found;
        byte empty = 0;
        Assert.Equal(0, LibC.statx(pair[0], &empty, LibC.AT_EMPTY_PATH, LibC.STATX_INO, &found));
        Assert.Equal(Libc.InodeOf(pair[0]), (ulong)found.stx_ino);
        _ = LibC.close(pair[0]);
        _ = LibC.close(pair[1]);
    }

    private static Assembly Load(string rid) =>
        new AssemblyLoadContext(rid).LoadFromAssemblyPath(Path.Combine(AppContext.BaseDirectory, "runtimes", rid, "lib", "netstandard2.0", "Tmds.LibC.dll"));

    // Some of theirs are int where ours are uint, and the other way round: the bits count.
    private static uint Number(object value) => unchecked((uint)long.Parse(value.ToString()!, System.Globalization.CultureInfo.InvariantCulture));
}
