using NetLab.Linux.Bpf;

namespace NetLab.Linux.Tests.Bpf;

public sealed class KernelSymbolsTests
{
    [Theory]
    [InlineData("br_handle_frame [bridge]", "br_handle_frame")] // as %ps writes it on Debian's kernels
    [InlineData("nft_do_chain\t[nf_tables]", "nft_do_chain")] // as /proc/kallsyms writes it
    [InlineData("tun_net_xmit [tun]", "tun_net_xmit")]
    [InlineData("vxlan_rcv [vxlan 1f2e3d4c5b6a79880123456789abcdef01234567]", "vxlan_rcv")] // with the build id, as in stack traces
    [InlineData("br_pass_frame_up.part.0 [bridge]", "br_pass_frame_up")]
    [InlineData("tcp_v4_do_rcv.isra.0", "tcp_v4_do_rcv")]
    [InlineData("ip_rcv_core", "ip_rcv_core")]
    [InlineData("0xffffffffc0de1234", "0xffffffffc0de1234")]
    public void A_function_has_its_name_in_the_source_whether_it_is_in_a_module_or_not(string symbol, string name) =>
        Assert.Equal(name, KernelSymbols.FunctionName(symbol));
}
