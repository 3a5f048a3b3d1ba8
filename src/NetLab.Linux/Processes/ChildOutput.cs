using System.Text;
using Microsoft.Win32.SafeHandles;

namespace NetLab.Linux.Processes;

/// <summary>
/// One of the two outputs of a child: reads its pipe as the reactor tells, keeps the text, and hands out whole lines as they come. Only the reactor
/// calls <see cref="ReadAll"/>; the text may be asked for from anywhere.
/// </summary>
internal sealed class ChildOutput(SafeFileHandle pipe, Action<string> onLine)
{
    /// <summary>How much text is kept, in characters; of a longer one the end.</summary>
    public const int Kept = 8 << 20;

    private readonly Decoder _decoder = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false).GetDecoder();
    private readonly StringBuilder _text = new();
    private readonly StringBuilder _line = new();
    private readonly byte[] _bytes = new byte[16 * 1024];
    private readonly char[] _characters = new char[(16 * 1024) + 1];
    private IDisposable? _watch;

    /// <summary>All text so far (at most the last <see cref="Kept"/> characters).</summary>
    public string Text
    {
        get
        {
            lock (_text)
            {
                return _text.ToString();
            }
        }
    }

    public void Start(Action<Exception> failed) => _watch = Reactor.Shared.OnReadable(pipe, ReadAll, failed);

    /// <summary>Reads what is there; at the end of the pipe, closes it.</summary>
    public unsafe void ReadAll()
    {
        while (!pipe.IsClosed)
        {
            nint got;
            var error = 0;
            using (var fd = pipe.Borrow())
            {
                fixed (byte* to = _bytes)
                {
                    got = Libc.read(fd.Number, to, _bytes.Length);
                    error = Libc.LastErrno;
                }
            }

            if (got > 0)
            {
                Take(_decoder.GetChars(_bytes, 0, (int)got, _characters, 0, flush: false));
            }
            else if (got == 0)
            {
                Take(_decoder.GetChars([], 0, 0, _characters, 0, flush: true));
                EndLine();
                Close();
            }
            else if (error is Errno.EAGAIN)
            {
                return;
            }
            else if (error is not Errno.EINTR)
            {
                throw new LinuxException("read the output of a process", error);
            }
        }
    }

    /// <summary>Hands out a last line that has no newline: the process has ended, and will not finish it.</summary>
    public void EndLine()
    {
        if (_line.Length > 0)
        {
            var last = _line.ToString();
            _line.Clear();
            onLine(last);
        }
    }

    public void Close()
    {
        _watch?.Dispose();
        pipe.Dispose();
    }

    private void Take(int count)
    {
        var fresh = _characters.AsSpan(0, count);
        lock (_text)
        {
            _text.Append(fresh);
            if (_text.Length > 2 * Kept)
            {
                _text.Remove(0, _text.Length - Kept);
            }
        }

        while (fresh.IndexOf('\n') is >= 0 and var end)
        {
            _line.Append(fresh[..end]);
            if (_line.Length > 0 && _line[^1] == '\r')
            {
                _line.Length--;
            }

            var whole = _line.ToString();
            _line.Clear();
            fresh = fresh[(end + 1)..];
            onLine(whole);
        }

        _line.Append(fresh);
    }
}
