using System.Buffers.Binary;
using NetLab.Linux.Bpf;
using static NetLab.Linux.Bpf.BpfRegister;

namespace NetLab.Linux.Tests.Bpf;

/// <summary>Instructions against the bytes that LLVM's assembler (llvm-mc -triple bpfel) makes of the text beside them.</summary>
public sealed class BpfAssemblerTests
{
    public static TheoryData<string, string> Instructions => new()
    {
        { "r6 = r1", "bf16000000000000" },
        { "r2 = -4", "b7020000fcffffff" },
        { "r2 += r10", "0fa2000000000000" },
        { "r1 += 14", "070100000e000000" },
        { "r3 -= r4", "1f43000000000000" },
        { "r5 &= 127", "570500007f000000" },
        { "r7 = *(u64 *)(r6 + 0)", "7967000000000000" },
        { "r8 = *(u32 *)(r7 + 112)", "6178700000000000" },
        { "r8 = *(u16 *)(r7 + 182)", "6978b60000000000" },
        { "r8 = *(u8 *)(r7 + 126)", "71787e0000000000" },
        { "*(u64 *)(r9 + 8) = r7", "7b79080000000000" },
        { "*(u32 *)(r10 - 4) = r1", "631afcff00000000" },
        { "*(u16 *)(r9 + 52) = r2", "6b29340000000000" },
        { "*(u8 *)(r9 + 54) = r3", "7339360000000000" },
        { "lock *(u64 *)(r0 + 0) += r1", "db10000000000000" },
        { "call 131", "8500000083000000" },
        { "exit", "9500000000000000" },
    };

    [Theory]
    [MemberData(nameof(Instructions))]
    public void An_instruction_has_the_bytes_that_LLVM_gives_it(string text, string expected)
    {
        var program = new BpfAssembler();
        var emit = new Dictionary<string, Action>
        {
            ["r6 = r1"] = () => program.Mov(R6, R1),
            ["r2 = -4"] = () => program.Mov(R2, -4),
            ["r2 += r10"] = () => program.Add(R2, FP),
            ["r1 += 14"] = () => program.Add(R1, 14),
            ["r3 -= r4"] = () => program.Sub(R3, R4),
            ["r5 &= 127"] = () => program.And(R5, 127),
            ["r7 = *(u64 *)(r6 + 0)"] = () => program.Load(BpfSize.U64, R7, R6, 0),
            ["r8 = *(u32 *)(r7 + 112)"] = () => program.Load(BpfSize.U32, R8, R7, 112),
            ["r8 = *(u16 *)(r7 + 182)"] = () => program.Load(BpfSize.U16, R8, R7, 182),
            ["r8 = *(u8 *)(r7 + 126)"] = () => program.Load(BpfSize.U8, R8, R7, 126),
            ["*(u64 *)(r9 + 8) = r7"] = () => program.Store(BpfSize.U64, R9, 8, R7),
            ["*(u32 *)(r10 - 4) = r1"] = () => program.Store(BpfSize.U32, FP, -4, R1),
            ["*(u16 *)(r9 + 52) = r2"] = () => program.Store(BpfSize.U16, R9, 52, R2),
            ["*(u8 *)(r9 + 54) = r3"] = () => program.Store(BpfSize.U8, R9, 54, R3),
            ["lock *(u64 *)(r0 + 0) += r1"] = () => program.AtomicAdd(R0, 0, R1),
            ["call 131"] = () => program.Call(BpfHelper.RingbufReserve),
            ["exit"] = program.Exit,
        };

        emit[text]();

        Assert.Equal(expected, Hex(program));
    }

    [Fact]
    public void A_store_of_a_constant_has_its_value_in_the_last_four_bytes()
    {
        var program = new BpfAssembler();
        program.Store(BpfSize.U32, R9, 4, 7);

        Assert.Equal("6209040007000000", Hex(program)); // BPF_ST | BPF_MEM | BPF_W; LLVM of this age has no text for it
    }

    [Fact]
    public void A_map_takes_two_instructions_and_says_that_the_number_is_a_descriptor()
    {
        var program = new BpfAssembler();
        program.LoadMap(R1, 5);
        program.LoadMapValue(R3, 6, 8);

        Assert.Equal("1811000005000000" + "0000000000000000" + "1823000006000000" + "0000000008000000", Hex(program));
    }

    [Fact]
    public void Jumps_go_forward_and_back_counted_from_the_next_instruction()
    {
        var program = new BpfAssembler();
        var (start, end) = (program.NewLabel(), program.NewLabel());
        program.Mark(start);
        program.JumpIfEqual(R0, 0, end);
        program.JumpIfNotEqual(R0, 0, end);
        program.JumpIfAbove(R2, R3, start);
        program.JumpIfNotAbove(R2, 128, start);
        program.JumpIfNotLess(R2, 0, end);
        program.JumpIfNotEqual(R1, R2, end);
        program.Jump(end);
        program.Mark(end);
        program.Exit();

        Assert.Equal("1500060000000000" + "5500050000000000" + "2d32fdff00000000" + "b502fcff80000000" + "7502020000000000" + "5d21010000000000" +
            "0500000000000000" + "9500000000000000", Hex(program));
    }

    [Fact]
    public void A_jump_to_nowhere_is_refused()
    {
        var program = new BpfAssembler();
        program.Jump(program.NewLabel());

        Assert.Throws<InvalidOperationException>(program.Assemble);
    }

    private static string Hex(BpfAssembler program)
    {
        var assembled = program.Assemble();
        var bytes = new byte[assembled.Length * 8];
        for (var i = 0; i < assembled.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8 * i), assembled[i]);
        }

        return Convert.ToHexStringLower(bytes);
    }
}
