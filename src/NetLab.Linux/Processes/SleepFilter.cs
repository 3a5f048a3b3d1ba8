using System.Runtime.InteropServices;

namespace NetLab.Linux.Processes;

/// <summary>
/// A filter of system calls (seccomp(2), a classic BPF program over <c>struct seccomp_data</c>) by which nanosleep(2) and clock_nanosleep(2) return 0
/// without sleeping, and all others are as ever.
/// </summary>
internal static unsafe class SleepFilter
{
    // include/uapi/linux/seccomp.h, filter.h, audit.h.
    private const uint SECCOMP_RET_ERRNO = 0x00050000, SECCOMP_RET_ALLOW = 0x7fff0000;
    private const ushort BPF_LD_W_ABS = 0x20, BPF_JEQ_K = 0x15, BPF_RET_K = 0x06;
    private const uint OffsetOfNumber = 0, OffsetOfArchitecture = 4;

    private static readonly (uint Architecture, uint Nanosleep, uint ClockNanosleep)? Here = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => (0xc000003e, 35, 230),
        Architecture.Arm64 => (0xc00000b7, 101, 115),
        _ => null,
    };

    /// <summary>The filter as a <c>struct sock_fprog</c> in the arena; null on a machine whose numbers are not known.</summary>
    public static void* In(NativeArena arena)
    {
        if (Here is not { } here)
        {
            return null;
        }

        ReadOnlySpan<Instruction> program =
        [
            new(BPF_LD_W_ABS, 0, 0, OffsetOfArchitecture),
            new(BPF_JEQ_K, 0, 4, here.Architecture),
            new(BPF_LD_W_ABS, 0, 0, OffsetOfNumber),
            new(BPF_JEQ_K, 1, 0, here.Nanosleep),
            new(BPF_JEQ_K, 0, 1, here.ClockNanosleep),
            new(BPF_RET_K, 0, 0, SECCOMP_RET_ERRNO), // errno 0: success
            new(BPF_RET_K, 0, 0, SECCOMP_RET_ALLOW),
        ];
        var instructions = (Instruction*)arena.Allocate(program.Length * sizeof(Instruction));
        program.CopyTo(new Span<Instruction>(instructions, program.Length));
        var head = (Program*)arena.Allocate(sizeof(Program));
        *head = new Program { Length = (ushort)program.Length, Instructions = instructions };
        return head;
    }

    // struct sock_filter
    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Instruction(ushort Code, byte JumpIfTrue, byte JumpIfFalse, uint K);

    // struct sock_fprog
    private struct Program
    {
        public ushort Length;
        public Instruction* Instructions;
    }
}
