namespace NetLab.Linux.Bpf;

/// <summary>
/// The registers of a BPF program: R0 is the result of a call, R1 to R5 its arguments (lost by it), R6 to R9 survive, FP points behind 512 bytes of stack.
/// </summary>
internal enum BpfRegister
{
    R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, FP,
}

/// <summary>How wide a load or store is; the value is the size field of the instruction's code.</summary>
internal enum BpfSize
{
    U32 = 0x00, U16 = 0x08, U8 = 0x10, U64 = 0x18,
}

/// <summary>The kernel's functions that the programs here call, by their numbers in enum bpf_func_id (include/uapi/linux/bpf.h).</summary>
internal enum BpfHelper
{
    MapLookupElem = 1, KtimeGetNs = 5, GetSmpProcessorId = 8, GetCurrentPidTgid = 14, GetStack = 67, ProbeReadKernel = 113,
    RingbufReserve = 131, RingbufSubmit = 132, RingbufQuery = 134, GetCurrentTaskBtf = 158, Snprintf = 165,
}

/// <summary>A place in a program that jumps can name before it is reached.</summary>
internal readonly record struct BpfLabel(int Number);

/// <summary>
/// Writes BPF instructions, one method each, named as the verifier prints them or as include/linux/filter.h calls them. An instruction is eight bytes
/// (struct bpf_insn): code, destination and source register in a byte, a 16-bit offset, a 32-bit immediate.
/// See Documentation/bpf/standardization/instruction-set.rst.
/// </summary>
internal sealed class BpfAssembler
{
    private readonly List<ulong> _instructions = new(160);
    private readonly List<int> _labels = []; // instruction that the label stands in front of; -1 until marked
    private readonly List<(int Instruction, int Label)> _jumps = [];

    /// <summary>How many instructions there are so far.</summary>
    public int Count => _instructions.Count;

    /// <summary>dst = src</summary>
    public void Mov(BpfRegister dst, BpfRegister src) => Emit(0xBF, dst, src);

    /// <summary>dst = immediate, sign extended</summary>
    public void Mov(BpfRegister dst, int immediate) => Emit(0xB7, dst, 0, 0, immediate);

    /// <summary>dst += src</summary>
    public void Add(BpfRegister dst, BpfRegister src) => Emit(0x0F, dst, src);

    /// <summary>dst += immediate</summary>
    public void Add(BpfRegister dst, int immediate) => Emit(0x07, dst, 0, 0, immediate);

    /// <summary>dst -= src</summary>
    public void Sub(BpfRegister dst, BpfRegister src) => Emit(0x1F, dst, src);

    /// <summary>dst &amp;= immediate, sign extended</summary>
    public void And(BpfRegister dst, int immediate) => Emit(0x57, dst, 0, 0, immediate);

    /// <summary>dst = *(size *)(src + offset)</summary>
    public void Load(BpfSize size, BpfRegister dst, BpfRegister src, int offset) => Emit(0x61 | (int)size, dst, src, offset);

    /// <summary>*(size *)(dst + offset) = src</summary>
    public void Store(BpfSize size, BpfRegister dst, int offset, BpfRegister src) => Emit(0x63 | (int)size, dst, src, offset);

    /// <summary>*(size *)(dst + offset) = immediate</summary>
    public void Store(BpfSize size, BpfRegister dst, int offset, int immediate) => Emit(0x62 | (int)size, dst, 0, offset, immediate);

    /// <summary>lock *(u64 *)(dst + offset) += src</summary>
    public void AtomicAdd(BpfRegister dst, int offset, BpfRegister src) => Emit(0xDB, dst, src, offset);

    /// <summary>dst = the map with this file descriptor</summary>
    public void LoadMap(BpfRegister dst, int mapDescriptor) => EmitWide(dst, source: 1, mapDescriptor, 0); // BPF_PSEUDO_MAP_FD

    /// <summary>dst = address of the (only) value of an array map, plus offset</summary>
    public void LoadMapValue(BpfRegister dst, int mapDescriptor, int offset = 0) => EmitWide(dst, source: 2, mapDescriptor, offset); // BPF_PSEUDO_MAP_VALUE

    /// <summary>R0 = helper(R1, R2, R3, R4, R5)</summary>
    public void Call(BpfHelper helper) => Emit(0x85, 0, 0, 0, (int)helper);

    /// <summary>return R0</summary>
    public void Exit() => Emit(0x95, 0, 0);

    /// <summary>goto label</summary>
    public void Jump(BpfLabel label) => EmitJump(0x05, 0, 0, 0, label);

    /// <summary>if dst == immediate goto label</summary>
    public void JumpIfEqual(BpfRegister dst, int immediate, BpfLabel label) => EmitJump(0x15, dst, 0, immediate, label);

    /// <summary>if dst != immediate goto label</summary>
    public void JumpIfNotEqual(BpfRegister dst, int immediate, BpfLabel label) => EmitJump(0x55, dst, 0, immediate, label);

    /// <summary>if dst != src goto label</summary>
    public void JumpIfNotEqual(BpfRegister dst, BpfRegister src, BpfLabel label) => EmitJump(0x5D, dst, src, 0, label);

    /// <summary>if dst &gt; src, unsigned, goto label</summary>
    public void JumpIfAbove(BpfRegister dst, BpfRegister src, BpfLabel label) => EmitJump(0x2D, dst, src, 0, label);

    /// <summary>if dst &lt;= immediate, unsigned, goto label</summary>
    public void JumpIfNotAbove(BpfRegister dst, int immediate, BpfLabel label) => EmitJump(0xB5, dst, 0, immediate, label);

    /// <summary>if dst &gt;= immediate, signed, goto label</summary>
    public void JumpIfNotLess(BpfRegister dst, int immediate, BpfLabel label) => EmitJump(0x75, dst, 0, immediate, label);

    /// <summary>A new label, to be marked later.</summary>
    public BpfLabel NewLabel()
    {
        _labels.Add(-1);
        return new BpfLabel(_labels.Count - 1);
    }

    /// <summary>The label stands in front of the next instruction.</summary>
    public void Mark(BpfLabel label) => _labels[label.Number] = _instructions.Count;

    /// <summary>The finished program: jumps filled in.</summary>
    /// <exception cref="InvalidOperationException">A jump leads to a label that was never marked, or too far.</exception>
    public ulong[] Assemble()
    {
        var program = _instructions.ToArray();
        foreach (var (instruction, label) in _jumps)
        {
            var distance = _labels[label] - instruction - 1;
            if (_labels[label] < 0 || distance != (short)distance)
            {
                throw new InvalidOperationException($"The jump at instruction {instruction} leads nowhere.");
            }

            program[instruction] |= (ulong)(ushort)distance << 16;
        }

        return program;
    }

    private void EmitJump(int code, BpfRegister dst, BpfRegister src, int immediate, BpfLabel label)
    {
        _jumps.Add((_instructions.Count, label.Number));
        Emit(code, dst, src, 0, immediate);
    }

    // The only instruction of sixteen bytes: a 64-bit immediate, or what source says the immediates stand for.
    private void EmitWide(BpfRegister dst, int source, int low, int high)
    {
        Emit(0x18, dst, (BpfRegister)source, 0, low);
        Emit(0, 0, 0, 0, high);
    }

    private void Emit(int code, BpfRegister dst, BpfRegister src, int offset = 0, int immediate = 0)
    {
        if (offset != (short)offset)
        {
            throw new InvalidOperationException($"Offset {offset} does not fit an instruction.");
        }

        _instructions.Add((uint)code | ((ulong)dst << 8) | ((ulong)src << 12) | ((ulong)(ushort)offset << 16) | ((ulong)(uint)immediate << 32));
    }
}
