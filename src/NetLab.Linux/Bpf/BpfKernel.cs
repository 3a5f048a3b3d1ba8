using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace NetLab.Linux.Bpf;

/// <summary>The kinds of map that are made here (enum bpf_map_type, include/uapi/linux/bpf.h).</summary>
internal enum BpfMapType
{
    Hash = 1, Array = 2, PerCpuArray = 6, RingBuffer = 27,
}

/// <summary>The kinds of program that are loaded here (enum bpf_prog_type).</summary>
internal enum BpfProgramType
{
    RawTracepoint = 17, Tracing = 26,
}

/// <summary>
/// bpf(2), command by command. Each command reads a part of <c>union bpf_attr</c>; the parts are the private structs below, with the kernel's declaration
/// above them. Everything comes back as a descriptor, so nothing outlives the process.
/// </summary>
internal static unsafe class BpfKernel
{
    private const int MapCreate = 0, MapLookupElement = 1, MapUpdateElement = 2, MapDeleteElement = 3, ProgramLoad = 5, ProgramTestRun = 10,
        RawTracepointOpen = 17, MapFreeze = 22;
    private const int TraceRawTracepoint = 23; // enum bpf_attach_type: BPF_TRACE_RAW_TP
    private const int Attempts = 100; // to load a program between two signals

    /// <summary>Flags of a map.</summary>
    public const uint ReadableByProgramsOnly = 1 << 7 /* BPF_F_RDONLY_PROG */, Mappable = 1 << 10 /* BPF_F_MMAPABLE */;

    // Helpers that read the kernel's memory are for programs under a licence compatible with the GPL;
    // this is the licence of this source in the words of license_is_gpl_compatible().
    private static ReadOnlySpan<byte> License => "Dual MIT/GPL\0"u8;

    private static int SystemCallNumber => RuntimeInformation.ProcessArchitecture is Architecture.X64 ? 321 : 280; // 280: arm64, riscv64

    /// <summary>Makes a map.</summary>
    public static SafeFileHandle CreateMap(BpfMapType type, string name, int keySize, int valueSize, int entries, uint flags = 0)
    {
        var attributes = new MapCreateAttributes
            { Type = (uint)type, KeySize = (uint)keySize, ValueSize = (uint)valueSize, Entries = (uint)entries, Flags = flags };
        SetName(new Span<byte>(attributes.Name, 16), name);
        return Open(MapCreate, &attributes, sizeof(MapCreateAttributes), $"create the BPF map {name}", null);
    }

    /// <summary>Writes one entry.</summary>
    public static void Update<TKey, TValue>(SafeFileHandle map, TKey key, TValue value, string doing)
        where TKey : unmanaged
        where TValue : unmanaged
    {
        using var fd = map.Borrow();
        var attributes = new ElementAttributes { Map = (uint)fd.Number, Key = (ulong)&key, Value = (ulong)&value };
        Check(Call(MapUpdateElement, &attributes, sizeof(ElementAttributes)), doing);
    }

    /// <summary>Writes the only value of an array map.</summary>
    public static void Update(SafeFileHandle map, ReadOnlySpan<byte> value, string doing)
    {
        var key = 0;
        using var fd = map.Borrow();
        fixed (byte* bytes = value)
        {
            var attributes = new ElementAttributes { Map = (uint)fd.Number, Key = (ulong)&key, Value = (ulong)bytes };
            Check(Call(MapUpdateElement, &attributes, sizeof(ElementAttributes)), doing);
        }
    }

    /// <summary>Reads one entry.</summary>
    public static TValue Lookup<TKey, TValue>(SafeFileHandle map, TKey key, string doing)
        where TKey : unmanaged
        where TValue : unmanaged
    {
        TValue value;
        using var fd = map.Borrow();
        var attributes = new ElementAttributes { Map = (uint)fd.Number, Key = (ulong)&key, Value = (ulong)&value };
        Check(Call(MapLookupElement, &attributes, sizeof(ElementAttributes)), doing);
        return value;
    }

    /// <summary>Reads the only value of an array map; the span is as long as the value.</summary>
    public static void Lookup(SafeFileHandle map, Span<byte> value, string doing)
    {
        var key = 0;
        using var fd = map.Borrow();
        fixed (byte* bytes = value)
        {
            var attributes = new ElementAttributes { Map = (uint)fd.Number, Key = (ulong)&key, Value = (ulong)bytes };
            Check(Call(MapLookupElement, &attributes, sizeof(ElementAttributes)), doing);
        }
    }

    /// <summary>Removes one entry; that it is not there is no error.</summary>
    public static void Delete<TKey>(SafeFileHandle map, TKey key, string doing)
        where TKey : unmanaged
    {
        using var fd = map.Borrow();
        var attributes = new ElementAttributes { Map = (uint)fd.Number, Key = (ulong)&key };
        var error = Call(MapDeleteElement, &attributes, sizeof(ElementAttributes));
        Check(error is -Errno.ENOENT ? 0 : error, doing);
    }

    /// <summary>From now on nobody but programs reads the map: the verifier then takes its content for constants (format strings).</summary>
    public static void Freeze(SafeFileHandle map, string doing)
    {
        using var fd = map.Borrow();
        var attributes = new ElementAttributes { Map = (uint)fd.Number };
        Check(Call(MapFreeze, &attributes, sizeof(uint)), doing);
    }

    /// <summary>Loads a program.</summary>
    /// <param name="type">What it is for.</param>
    /// <param name="name">Its name in <c>bpftool prog</c>, 15 characters at most.</param>
    /// <param name="instructions">The program.</param>
    /// <param name="tracepointType">For <see cref="BpfProgramType.Tracing"/>: the id of the typedef <c>btf_trace_NAME</c>.</param>
    /// <exception cref="BpfProgramException">The kernel's verifier refused it; its log is in the exception.</exception>
    public static SafeFileHandle LoadProgram(BpfProgramType type, string name, ReadOnlySpan<ulong> instructions, int tracepointType = 0)
    {
        fixed (ulong* code = instructions)
        fixed (byte* license = License)
        {
            var attributes = new ProgramLoadAttributes
            {
                Type = (uint)type, InstructionCount = (uint)instructions.Length, Instructions = (ulong)code, License = (ulong)license,
                ExpectedAttachType = type is BpfProgramType.Tracing ? TraceRawTracepoint : 0u, AttachBtfId = (uint)tracepointType,
            };
            SetName(new Span<byte>(attributes.Name, 16), name);

            // The verifier stops (EAGAIN) when the thread has a signal to take, and the runtime sends one to each thread that it wants to pause.
            var fd = -Errno.EAGAIN;
            for (var attempt = 0; fd == -Errno.EAGAIN && attempt < Attempts; attempt++)
            {
                fd = Call(ProgramLoad, &attributes, sizeof(ProgramLoadAttributes));
            }

            if (fd >= 0)
            {
                return new SafeFileHandle(fd, ownsHandle: true);
            }

            // Once more, with a log, for the message.
            var log = new byte[256 * 1024];
            fixed (byte* logBytes = log)
            {
                (attributes.LogLevel, attributes.LogSize, attributes.LogBuffer) = (1, (uint)log.Length, (ulong)logBytes);
                var again = Call(ProgramLoad, &attributes, sizeof(ProgramLoadAttributes));
                if (again >= 0)
                {
                    return new SafeFileHandle(again, ownsHandle: true); // it was a shortage of the moment
                }
            }

            throw new BpfProgramException($"load the BPF program {name} ({instructions.Length} instructions)", -fd,
                Encoding.UTF8.GetString(log.AsSpan(0, Math.Max(0, log.AsSpan().IndexOf((byte)0)))));
        }
    }

    /// <summary>Attaches a <see cref="BpfProgramType.Tracing"/> program to its tracepoint; closing the handle detaches it.</summary>
    public static SafeFileHandle Attach(SafeFileHandle program, string tracepoint)
    {
        using var fd = program.Borrow();
        var attributes = new RawTracepointAttributes { Program = (uint)fd.Number };
        return Open(RawTracepointOpen, &attributes, sizeof(RawTracepointAttributes), $"attach a BPF program to the tracepoint {tracepoint}", null);
    }

    /// <summary>Runs a <see cref="BpfProgramType.RawTracepoint"/> program once, here and now, with these arguments (12 at most).</summary>
    public static void Run(SafeFileHandle program, ReadOnlySpan<ulong> arguments, string doing)
    {
        using var fd = program.Borrow();
        fixed (ulong* context = arguments)
        {
            var attributes = new TestRunAttributes { Program = (uint)fd.Number, ContextSizeIn = (uint)arguments.Length * 8, ContextIn = (ulong)context };
            Check(Call(ProgramTestRun, &attributes, sizeof(TestRunAttributes)), doing);
        }
    }

    private static SafeFileHandle Open(int command, void* attributes, int size, string doing, string? tryThis)
    {
        var fd = Call(command, attributes, size);
        return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw new LinuxException(doing, -fd, tryThis: tryThis ?? Hint(-fd));
    }

    private static void Check(int result, string doing)
    {
        if (result < 0)
        {
            throw new LinuxException(doing, -result, tryThis: Hint(-result));
        }
    }

    internal static string? Hint(int errno) => errno is Errno.EPERM
        ? "BPF takes the capabilities BPF and PERFMON (or SYS_ADMIN) of the machine itself, and a kernel that is not locked down for confidentiality" : null;

    // The result, or the error number, negative.
    private static int Call(int command, void* attributes, int size)
    {
        int result, error;
        do
        {
            result = (int)Libc.syscall(SystemCallNumber, command, (nint)attributes, size, 0, 0, 0);
            error = Libc.LastErrno;
        }
        while (result < 0 && error is Errno.EINTR);
        return result >= 0 ? result : -error;
    }

    private static void SetName(Span<byte> destination, string name) => Encoding.ASCII.GetBytes(name.AsSpan(0, Math.Min(15, name.Length)), destination);

    // struct { __u32 map_type, key_size, value_size, max_entries, map_flags, inner_map_fd, numa_node; char map_name[16]; … }
    private struct MapCreateAttributes
    {
        public uint Type, KeySize, ValueSize, Entries, Flags, InnerMap, NumaNode;
        public fixed byte Name[16];
    }

    // struct { __u32 map_fd; __aligned_u64 key; __aligned_u64 value; __u64 flags; }
    private struct ElementAttributes
    {
        public uint Map;
        public uint Padding;
        public ulong Key, Value, Flags;
    }

    // struct { __u32 prog_type, insn_cnt; __aligned_u64 insns, license; __u32 log_level, log_size; __aligned_u64 log_buf;
    // __u32 kern_version, prog_flags; char prog_name[16];
    // __u32 prog_ifindex, expected_attach_type, prog_btf_fd, func_info_rec_size; __aligned_u64 func_info;
    // __u32 func_info_cnt, line_info_rec_size; __aligned_u64 line_info;
    //          __u32 line_info_cnt, attach_btf_id; … }
    private struct ProgramLoadAttributes
    {
        public uint Type, InstructionCount;
        public ulong Instructions, License;
        public uint LogLevel, LogSize;
        public ulong LogBuffer;
        public uint KernelVersion, Flags;
        public fixed byte Name[16];
        public uint InterfaceIndex, ExpectedAttachType, ProgramBtf, FunctionInfoRecordSize;
        public ulong FunctionInfo;
        public uint FunctionInfoCount, LineInfoRecordSize;
        public ulong LineInfo;
        public uint LineInfoCount, AttachBtfId;
    }

    // struct { __u64 name; __u32 prog_fd; }
    private struct RawTracepointAttributes
    {
        public ulong Name;
        public uint Program;
        public uint Padding;
    }

    // struct { __u32 prog_fd, retval, data_size_in, data_size_out; __aligned_u64 data_in, data_out;
    // __u32 repeat, duration, ctx_size_in, ctx_size_out; __aligned_u64 ctx_in, ctx_out; __u32 flags, cpu, batch_size; }
    private struct TestRunAttributes
    {
        public uint Program, ReturnValue, DataSizeIn, DataSizeOut;
        public ulong DataIn, DataOut;
        public uint Repeat, Duration, ContextSizeIn, ContextSizeOut;
        public ulong ContextIn, ContextOut;
        public uint Flags, Cpu;
    }
}
