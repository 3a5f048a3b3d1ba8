using System.Runtime.InteropServices;

namespace NetLab.Tests.Forwarding;

/// <summary>enum xdp_action.</summary>
internal enum XdpVerdict
{
    Drop = 1,
    Pass = 2,
    Send = 3,
}

/// <summary>
/// An XDP program of two instructions that returns one verdict for every frame, attached with bare bpf(2).
/// It stays for as long as the process, or until its device goes.
/// </summary>
internal static class Xdp
{
    private const int ProgramLoad = 5, LinkCreate = 28, TypeXdp = 6, AttachXdp = 37, SkbMode = 2;

    public static Task AttachAsync(Device device, XdpVerdict verdict, bool isGeneric = false) =>
        device.Node.RunAsync(() => Attach(device.Index, verdict, isGeneric ? SkbMode : 0));

    private static void Attach(int index, XdpVerdict verdict, long flags)
    {
        long[] drop = [((long)verdict << 32) | 0xb7, 0x95]; // r0 = verdict; exit
        nint code = Marshal.AllocHGlobal(16), license = Marshal.StringToHGlobalAnsi("GPL");
        try
        {
            Marshal.Copy(drop, 0, code, drop.Length);

            // union bpf_attr: prog_type, insn_cnt, insns, license, …; then prog_fd, target_ifindex, attach_type, flags.
            long[] load = new long[18], link = new long[6];
            (load[0], load[1], load[2]) = (TypeXdp | (2L << 32), code, license);
            var program = Bpf(ProgramLoad, load);
            (link[0], link[1]) = (program | ((long)index << 32), AttachXdp | (flags << 32));
            Bpf(LinkCreate, link);
        }
        finally
        {
            Marshal.FreeHGlobal(code);
            Marshal.FreeHGlobal(license);
        }
    }

    private static long Bpf(int command, long[] attributes)
    {
        var result = Call(RuntimeInformation.ProcessArchitecture is Architecture.X64 ? 321 : 280, command, attributes, attributes.Length * 8);
        return result >= 0 ? result : throw new InvalidOperationException($"bpf({command}): errno {Marshal.GetLastPInvokeError()}");
    }

    [DllImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static extern long Call(long number, long command, [In] long[] attributes, long size);
}
