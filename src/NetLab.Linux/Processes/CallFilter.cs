using System.Runtime.InteropServices;

namespace NetLab.Linux.Processes;

/// <summary>
/// A filter of system calls (seccomp(2), a classic BPF program over <c>struct seccomp_data</c>): nanosleep(2) and clock_nanosleep(2) return 0 without
/// sleeping, or swapon(2) and swapoff(2), which CAP_SYS_ADMIN allows besides what a node needs, are refused. All others are as ever.
/// </summary>
internal static unsafe class CallFilter
{
    // include/uapi/linux/seccomp.h, filter.h, audit.h.
    private const uint SECCOMP_RET_ERRNO = 0x00050000, SECCOMP_RET_ALLOW = 0x7fff0000;
    private const ushort BPF_LD_W_ABS = 0x20, BPF_JEQ_K = 0x15, BPF_RET_K = 0x06;
    private const uint OffsetOfNumber = 0, OffsetOfArchitecture = 4;

    private static readonly (uint Architecture, uint Nanosleep, uint ClockNanosleep, uint SwapOn, uint SwapOff)? Here =
        RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => (0xc000003e, 35, 230, 167, 168),
            Architecture.Arm64 => (0xc00000b7, 101, 115, 224, 225),
            _ => null,
        };

    /// <summary>The filter as a <c>struct sock_fprog</c> in the arena; null where nothing is filtered, or on a machine whose numbers are not known.</summary>
    /// <param name="arena">Where it is to live.</param>
    /// <param name="skipsSleeps">Whether sleeps are over at once.</param>
    /// <param name="keepsSwap">Whether the machine's swap is to stay as it is.</param>
    public static void* In(NativeArena arena, bool skipsSleeps, bool keepsSwap)
    {
        if (Here is not { } here || !(skipsSleeps || keepsSwap))
        {
            return null;
        }

        var (sleep, swap) = (skipsSleeps ? 0 : (uint?)null, keepsSwap ? (uint)Errno.EPERM : (uint?)null);
        (uint Number, uint? Answer)[] calls = [(here.Nanosleep, sleep), (here.ClockNanosleep, sleep), (here.SwapOn, swap), (here.SwapOff, swap)];
        List<Instruction> program =
        [
            new(BPF_LD_W_ABS, 0, 0, OffsetOfArchitecture),
            new(BPF_JEQ_K, 1, 0, here.Architecture),
            new(BPF_RET_K, 0, 0, SECCOMP_RET_ALLOW),
            new(BPF_LD_W_ABS, 0, 0, OffsetOfNumber),
        ];
        foreach (var (number, answer) in calls)
        {
            if (answer is { } errno)
            {
                program.Add(new(BPF_JEQ_K, 0, 1, number));
                program.Add(new(BPF_RET_K, 0, 0, SECCOMP_RET_ERRNO | errno)); // errno 0: success
            }
        }

        program.Add(new(BPF_RET_K, 0, 0, SECCOMP_RET_ALLOW));
        var instructions = (Instruction*)arena.Allocate(program.Count * sizeof(Instruction));
        program.CopyTo(new Span<Instruction>(instructions, program.Count));
        var head = (Program*)arena.Allocate(sizeof(Program));
        *head = new Program { Length = (ushort)program.Count, Instructions = instructions };
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
