using System.Runtime.InteropServices;

namespace NetLab.Linux.Terminals;

/// <summary>
/// A terminal that hands over every key as it is pressed, Ctrl-C among them, and shows nothing by itself, until this is disposed (termios(3), cfmakeraw).
/// </summary>
internal sealed unsafe class RawMode : IDisposable
{
    private const nuint TCGETS = 0x5401, TCSETSW = 0x5403;
    private const uint IGNBRK = 0x1, BRKINT = 0x2, PARMRK = 0x8, ISTRIP = 0x20, INLCR = 0x40, IGNCR = 0x80, ICRNL = 0x100, IXON = 0x400;
    private const uint OPOST = 0x1, ISIG = 0x1, ICANON = 0x2, ECHO = 0x8, ECHONL = 0x40, IEXTEN = 0x8000, CSIZE = 0x30, PARENB = 0x100, CS8 = 0x30;

    private readonly SafeHandle _terminal;
    private readonly Modes _before;

    private RawMode(SafeHandle terminal, Modes before) => (_terminal, _before) = (terminal, before);

    /// <summary>Begins.</summary>
    /// <exception cref="LinuxException">ENOTTY: it is no terminal.</exception>
    public static RawMode Begin(SafeHandle terminal)
    {
        Modes before = default;
        using (var fd = terminal.Borrow())
        {
            if (Libc.ioctl(fd.Number, TCGETS, &before) != 0)
            {
                throw new LinuxException("read the modes of the terminal", Libc.LastErrno);
            }
        }

        var raw = before;
        raw.Input &= ~(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
        raw.Output &= ~OPOST;
        raw.Local &= ~(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
        raw.Control = (raw.Control & ~(CSIZE | PARENB)) | CS8;
        var mode = new RawMode(terminal, before);
        Set(terminal, raw);
        return mode;
    }

    public void Dispose() => Set(_terminal, _before);

    private static void Set(SafeHandle terminal, Modes modes)
    {
        using var fd = terminal.Borrow();
        if (Libc.ioctl(fd.Number, TCSETSW, &modes) != 0)
        {
            throw new LinuxException("set the modes of the terminal", Libc.LastErrno);
        }
    }

    /// <summary><c>struct termios { tcflag_t c_iflag, c_oflag, c_cflag, c_lflag; cc_t c_line; cc_t c_cc[19]; }</c> (asm-generic/termbits.h).</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Modes
    {
        public uint Input, Output, Control, Local;
        public fixed byte Rest[20];
    }
}
