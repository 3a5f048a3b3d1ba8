using System.Runtime.InteropServices;

namespace NetLab.Linux.Terminals;

/// <summary>Joins the terminal that somebody sits at with one of a program: keys go there, what it shows comes here, and so does the size.</summary>
internal static unsafe class TerminalRelay
{
    private const int PieceBytes = 4096, SIGWINCH = 28;

    /// <summary>Goes on until the program's side is closed, or <paramref name="ended"/> has something to read.</summary>
    /// <param name="keys">Standard input, a terminal.</param>
    /// <param name="screen">Standard output.</param>
    /// <param name="program">Our side of the program's terminal (<see cref="PseudoTerminal.Handle"/>).</param>
    /// <param name="ended">Becomes readable, or is closed at its other side, when the program has ended; nothing is read from it.</param>
    public static void Run(SafeHandle keys, SafeHandle screen, SafeHandle program, SafeHandle ended)
    {
        using var raw = RawMode.Begin(keys);
        (TerminalSize.Of(keys) ?? TerminalSize.Usual).ApplyTo(program);
        using var resized = PosixSignalRegistration.Create((PosixSignal)SIGWINCH, _ => (TerminalSize.Of(keys) ?? TerminalSize.Usual).ApplyTo(program));
        using BorrowedDescriptor keyboard = keys.Borrow(), output = screen.Borrow(), terminal = program.Borrow(), end = ended.Borrow();
        var polls = stackalloc Libc.PollDescriptor[3];
        polls[0] = new Libc.PollDescriptor { Descriptor = terminal.Number, Events = Libc.POLLIN };
        polls[1] = new Libc.PollDescriptor { Descriptor = keyboard.Number, Events = Libc.POLLIN };
        polls[2] = new Libc.PollDescriptor { Descriptor = end.Number, Events = Libc.POLLIN };
        while (true)
        {
            if (Libc.poll(polls, 3, -1) < 0)
            {
                if (Libc.LastErrno is Errno.EINTR)
                {
                    continue;
                }

                throw new LinuxException("wait for the terminal", Libc.LastErrno);
            }

            // What the program has shown comes before its end.
            if (polls[0].Returned != 0)
            {
                if (!Copy(terminal.Number, output.Number))
                {
                    return;
                }
            }
            else if (polls[2].Returned != 0)
            {
                return;
            }

            // Who closes the window ends the program, as a terminal that hangs up does.
            if (polls[1].Returned != 0 && !Copy(keyboard.Number, terminal.Number))
            {
                return;
            }
        }
    }

    private static bool Copy(int from, int to)
    {
        var piece = stackalloc byte[PieceBytes];
        var got = Libc.read(from, piece, PieceBytes);
        if (got <= 0)
        {
            // EIO: the last of the program's side is closed.
            return got < 0 && Libc.LastErrno is Errno.EINTR;
        }

        for (nint done = 0; done < got;)
        {
            var written = Libc.write(to, piece + done, got - done);
            if (written < 0 && Libc.LastErrno is not Errno.EINTR)
            {
                return false;
            }

            done += Math.Max(0, written);
        }

        return true;
    }
}
