using System.Runtime.InteropServices;
using NetLab.Linux.Bpf;

namespace NetLab.Linux.Tests.Bpf;

/// <summary>Programs as the kernel's verifier sees them.</summary>
public sealed partial class TraceProgramsTests
{
    [Fact]
    public void A_program_that_the_kernel_refuses_comes_back_with_the_verifiers_log()
    {
        var code = new BpfAssembler();
        code.Load(BpfSize.U64, BpfRegister.R0, BpfRegister.R5, 0);
        code.Exit();

        var refusal = Assert.Throws<BpfProgramException>(() => BpfKernel.LoadProgram(BpfProgramType.RawTracepoint, "bad", code.Assemble()));

        Assert.Contains("R5 !read_ok", refusal.VerifierLog, StringComparison.Ordinal);
        Assert.Contains("R5 !read_ok", refusal.Message, StringComparison.Ordinal);
    }

    // As programs that end send them (SIGCHLD), or the runtime to a thread that it pauses.
    [Fact]
    public void A_program_is_loaded_though_the_thread_has_signals_to_take_meanwhile()
    {
        var code = new BpfAssembler();
        for (var i = 0; i < 4_000; i++)
        {
            code.Mov(BpfRegister.R0, i);
        }

        code.Exit();
        var program = code.Assemble();
        int self = Environment.ProcessId, thread = Libc.gettid(), sent = 0;
        var isLoaded = false;
        var sender = new Thread(() =>
        {
            for (; !Volatile.Read(ref isLoaded); sent++)
            {
                Assert.Equal(0, tgkill(self, thread, RuntimesOwn));
                if (sent % Burst > 0)
                {
                    Thread.SpinWait(1000);
                }
                else
                {
                    Thread.Sleep(5);
                }
            }
        });
        sender.Start();
        try
        {
            for (var i = 0; i < 50; i++)
            {
                BpfKernel.LoadProgram(BpfProgramType.RawTracepoint, "long", program).Dispose();
            }
        }
        finally
        {
            Volatile.Write(ref isLoaded, true);
            sender.Join();
        }

        Assert.NotEqual(0, sent);
    }

    [Theory]
    [InlineData("skb", "location")] // before 5.17
    [InlineData("skb", "location", "reason")] // before 6.11
    public void The_verifier_takes_programs_for_kernels_whose_tracepoints_have_fewer_arguments(params string[] arguments)
    {
        var running = KernelLayout.Running;
        var older = running with
        {
            SkbVlanPresent = new BtfMember(running.SkbMark, 1, 3, 1), // a bit, some bit
            Tracepoints = running.Tracepoints.ToDictionary(t => t.Key, t => t.Value with
            {
                Arguments = t.Key switch
                {
                    "kfree_skb" => arguments,
                    "consume_skb" => ["skb"],
                    _ => t.Value.Arguments,
                },
            }),
        };
        using var ring = new RingBuffer(Environment.SystemPageSize);
        using var namespaces = BpfKernel.CreateMap(BpfMapType.Hash, "ns", 4, 8, 1);
        using var lost = BpfKernel.CreateMap(BpfMapType.Array, "lost", 4, 8, 1);
        using var current = BpfKernel.CreateMap(BpfMapType.PerCpuArray, "current", 4, TraceMaps.CurrentSize, 1);
        var maps = new TraceMaps((int)namespaces.DangerousGetHandle(), (int)ring.Map.DangerousGetHandle(), (int)lost.DangerousGetHandle(),
            (int)current.DangerousGetHandle());

        foreach (var tracepoint in older.Tracepoints.Values)
        {
            using var program = BpfKernel.LoadProgram(BpfProgramType.Tracing, tracepoint.Name,
                TracePrograms.Build(older, maps, new TracerOptions(), 1024, tracepoint.Name), tracepoint.TypeId);
            Assert.False(program.IsInvalid);
        }
    }

    private const int Burst = 20; // of signals that come one upon the other
    private const int RuntimesOwn = 34; // SIGRTMIN of the C library, by which the runtime pauses threads

    [LibraryImport("libc")]
    private static partial int tgkill(int process, int thread, int signal);
}
