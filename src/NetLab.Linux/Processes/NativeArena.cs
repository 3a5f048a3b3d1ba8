using System.Runtime.InteropServices;
using System.Text;

namespace NetLab.Linux.Processes;

/// <summary>Zeroed native memory that is freed all at once: C strings and arrays for a call that managed memory cannot be moved under.</summary>
internal sealed unsafe class NativeArena : IDisposable
{
    private readonly List<nint> _blocks = [];

    public void* Allocate(int bytes)
    {
        var block = NativeMemory.AllocZeroed((nuint)bytes);
        _blocks.Add((nint)block);
        return block;
    }

    /// <summary>The text in UTF-8 with a zero byte at its end.</summary>
    /// <exception cref="ArgumentException">The text has a zero byte itself.</exception>
    public byte* Text(string text)
    {
        if (text.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException(
                $"A program cannot be handed a text with a zero byte in it: \"{text.Replace("\0", "\\0", StringComparison.Ordinal)}\"", nameof(text));
        }

        var length = Encoding.UTF8.GetByteCount(text);
        var block = (byte*)Allocate(length + 1);
        Encoding.UTF8.GetBytes(text, new Span<byte>(block, length));
        return block;
    }

    /// <summary>An array of C strings with a null pointer at its end: argv, envp.</summary>
    public byte** Texts(IReadOnlyList<string> texts)
    {
        var array = (byte**)Allocate((texts.Count + 1) * sizeof(byte*));
        for (var i = 0; i < texts.Count; i++)
        {
            array[i] = Text(texts[i]);
        }

        return array;
    }

    public void Dispose()
    {
        _blocks.ForEach(block => NativeMemory.Free((void*)block));
        _blocks.Clear();
    }
}
