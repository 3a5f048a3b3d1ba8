using System.Text;
using Microsoft.Win32.SafeHandles;

namespace NetLab.Linux.Bpf;

/// <summary>
/// Names of kernel functions by address, told by the kernel itself: a small program formats addresses with <c>%ps</c> (bpf_snprintf) and is
/// run on demand. Needs no
/// /proc/kallsyms, which shows zeros without CAP_SYSLOG and takes a quarter of a second to read. Names are kept; not safe for several threads at once.
/// </summary>
internal sealed class KernelSymbols : IDisposable
{
    private const int Batch = 12; // arguments of a raw tracepoint, and of bpf_snprintf
    private const int OutputLength = 1024;
    private const string Doing = "ask the kernel for the names of its functions";

    private readonly Dictionary<ulong, string> _names = [];
    private readonly SafeFileHandle _output;
    private readonly SafeFileHandle _format;
    private readonly SafeFileHandle _program;
    private readonly byte[] _text = new byte[OutputLength];

    public KernelSymbols()
    {
        var formatText = Encoding.ASCII.GetBytes(string.Join('\n', Enumerable.Repeat("%ps", Batch)) + '\0');
        _output = BpfKernel.CreateMap(BpfMapType.Array, "netlab_names", 4, OutputLength, 1);
        _format = BpfKernel.CreateMap(BpfMapType.Array, "netlab_format", 4, formatText.Length, 1, BpfKernel.ReadableByProgramsOnly);
        BpfKernel.Update(_format, formatText, Doing);
        BpfKernel.Freeze(_format, Doing);
        using var outputFd = _output.Borrow();
        using var formatFd = _format.Borrow();
        _program = BpfKernel.LoadProgram(BpfProgramType.RawTracepoint, "netlab_symbols", Program(outputFd.Number, formatFd.Number));
    }

    /// <summary>
    /// The name of the function that the address is in, see <see cref="FunctionName"/>; the address itself in hexadecimal when the kernel has none.
    /// </summary>
    public string NameOf(ulong address)
    {
        if (!_names.TryGetValue(address, out var name))
        {
            Resolve([address]);
            name = _names[address];
        }

        return name;
    }

    /// <summary>Asks for those that are not known yet, twelve at a time.</summary>
    public void Resolve(ReadOnlySpan<ulong> addresses)
    {
        Span<ulong> batch = stackalloc ulong[Batch];
        var count = 0;
        foreach (var address in addresses)
        {
            if (_names.ContainsKey(address) || batch[..count].Contains(address))
            {
                continue;
            }

            batch[count++] = address;
            if (count == Batch)
            {
                Ask(batch, count);
                count = 0;
            }
        }

        if (count > 0)
        {
            Ask(batch, count);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _program.Dispose();
        _format.Dispose();
        _output.Dispose();
    }

    private static ulong[] Program(int outputMap, int formatMap)
    {
        var code = new BpfAssembler();
        for (var i = 0; i < Batch; i++)
        {
            code.Load(BpfSize.U64, BpfRegister.R2, BpfRegister.R1, 8 * i);
            code.Store(BpfSize.U64, BpfRegister.FP, -8 * (Batch - i), BpfRegister.R2);
        }

        code.LoadMapValue(BpfRegister.R1, outputMap);
        code.Mov(BpfRegister.R2, OutputLength);
        code.LoadMapValue(BpfRegister.R3, formatMap);
        code.Mov(BpfRegister.R4, BpfRegister.FP);
        code.Add(BpfRegister.R4, -8 * Batch);
        code.Mov(BpfRegister.R5, 8 * Batch);
        code.Call(BpfHelper.Snprintf);
        code.Mov(BpfRegister.R0, 0);
        code.Exit();
        return code.Assemble();
    }

    private void Ask(Span<ulong> batch, int count)
    {
        batch[count..].Clear();
        BpfKernel.Run(_program, batch, Doing);
        BpfKernel.Lookup(_output, _text, Doing);
        var end = Array.IndexOf(_text, (byte)0);
        var answers = Encoding.ASCII.GetString(_text, 0, end < 0 ? _text.Length : end).Split('\n');
        for (var i = 0; i < count; i++)
        {
            _names[batch[i]] = i < answers.Length ? FunctionName(answers[i]) : $"0x{batch[i]:x}";
        }
    }

    /// <summary>
    /// The name that a function has in the kernel's source. As a symbol it is <c>br_handle_frame [bridge]</c> where the function is in a module, and
    /// <c>br_pass_frame_up.part.0</c> where the compiler made a variant of it (isra, constprop, part, cold). No name in C has a space or a dot.
    /// </summary>
    internal static string FunctionName(string symbol)
    {
        var end = symbol.AsSpan().IndexOfAny(" .\t");
        return end > 0 ? symbol[..end] : symbol;
    }
}
