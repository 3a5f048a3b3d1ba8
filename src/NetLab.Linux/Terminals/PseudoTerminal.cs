using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace NetLab.Linux.Terminals;

/// <summary>A terminal for a program (pty(7)): the program opens <see cref="Path"/>, and <see cref="Handle"/> is what it writes and reads there.</summary>
internal sealed unsafe class PseudoTerminal : IDisposable
{
    private const nuint TIOCGPTN = 0x80045430, TIOCSPTLCK = 0x40045431;

    private PseudoTerminal(SafeFileHandle handle, int number)
    {
        Handle = handle;
        Path = $"/dev/pts/{number.ToString(CultureInfo.InvariantCulture)}";
    }

    /// <summary>Our side of it.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>The program's side of it.</summary>
    public string Path { get; }

    /// <summary>Makes one.</summary>
    /// <param name="size">Its columns and rows.</param>
    /// <exception cref="LinuxException">ENOENT: there is no /dev/ptmx; ENOSPC: there are too many terminals.</exception>
    public static PseudoTerminal Open(TerminalSize size)
    {
        const string doing = "make a terminal for a program";
        var fd = Libc.open("/dev/ptmx", Libc.O_RDWR | Libc.O_CLOEXEC, 0);
        if (fd < 0)
        {
            throw new LinuxException($"{doing}: open /dev/ptmx", Libc.LastErrno,
                tryThis: "devpts must be mounted at /dev/pts (mount -t devpts devpts /dev/pts)");
        }

        var handle = new SafeFileHandle(fd, ownsHandle: true);
        int locked = 0, number = 0;
        if (Libc.ioctl(fd, TIOCSPTLCK, &locked) != 0 || Libc.ioctl(fd, TIOCGPTN, &number) != 0)
        {
            var errno = Libc.LastErrno;
            handle.Dispose();
            throw new LinuxException(doing, errno);
        }

        size.ApplyTo(handle);
        return new PseudoTerminal(handle, number);
    }

    public void Dispose() => Handle.Dispose();
}

/// <summary>How large a terminal is, in characters.</summary>
/// <param name="Columns">Its width.</param>
/// <param name="Rows">Its height.</param>
internal readonly unsafe record struct TerminalSize(int Columns, int Rows)
{
    private const nuint TIOCGWINSZ = 0x5413, TIOCSWINSZ = 0x5414;

    /// <summary>What a terminal is taken for that does not tell.</summary>
    public static TerminalSize Usual { get; } = new(80, 24);

    /// <summary>The size of a terminal; null where the descriptor is none.</summary>
    public static TerminalSize? Of(SafeHandle descriptor)
    {
        // struct winsize { unsigned short ws_row, ws_col, ws_xpixel, ws_ypixel; };
        var size = stackalloc ushort[4];
        using var fd = descriptor.Borrow();
        return Libc.ioctl(fd.Number, TIOCGWINSZ, size) != 0 ? null
            : size[0] > 0 && size[1] > 0 ? new TerminalSize(size[1], size[0])
            : Usual;
    }

    /// <summary>Makes a terminal this large; who runs there is told (SIGWINCH).</summary>
    public void ApplyTo(SafeHandle terminal)
    {
        var size = stackalloc ushort[4];
        (size[0], size[1]) = ((ushort)Rows, (ushort)Columns);
        using var fd = terminal.Borrow();
        _ = Libc.ioctl(fd.Number, TIOCSWINSZ, size);
    }
}
