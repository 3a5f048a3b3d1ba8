using System.Buffers.Binary;
using NetLab.Linux.Netfilter;

namespace NetLab.Linux.Tests.Netfilter;

/// <summary>
/// The batches by which frames come to be traced, compared with what nft 1.0.6 sends for the same (seen by <c>strace -e trace=sendmsg -e
/// write=all</c>; sequence numbers 0,
/// NLM_F_ACK cleared).
/// </summary>
[Trait("Category", "Encoding")]
public sealed class NftEncoding
{
    private const string Begin = "140000001000010000000000000000000000000a", End = "140000001100010000000000000000000000000a";

    // add table F netlab_trace { flags owner; } and add rule F netlab_trace c0 meta nftrace set 1, where 01 stands for the family
    private const string Table = "30000000000a0100000000000000000001000000110001006e65746c61625f7472616365000000000800020000000002";
    private const string Rule =
        "84000000060a010c000000000000000001000000110001006e65746c61625f7472616365000000000700020063300000" +
        "540004802c0001800e000100696d6d6564696174650000001800028008000100000000010c000280050001000100000024000180090001006d65746100000000" +
        "14000280080002000000000c0800030000000001";

    // add chain inet netlab_trace c0 { type filter hook forward priority -2147483648; }
    private const string Forward =
        "50000000030a0104000000000000000001000000110001006e65746c61625f74726163650000000007000300633000000b00070066696c7465720000" +
        "1400048008000100000000020800020080000000";

    // add chain netdev netlab_trace c0 { type filter hook ingress devices = { lo, v0 } priority -2147483648; }
    private const string Ingress = "64000000030a0104000000000000000005000000110001006e65746c61625f74726163650000000007000300633000000b00070066696c7465720000" +
        "2800048008000100000000000800020080000000140004800700010076300000070001006c6f0000";

    // delete table inet netlab_trace
    private const string Delete = "28000000020a0100000000000000000001000000110001006e65746c61625f747261636500000000";

    [Fact]
    public void A_hook_is_armed_byte_for_byte_as_nft_would() =>
        AssertSame([Begin, Table, Forward, Rule, End], NftMessages.Arm(NftTrace.ArmingTable, [new NftHook(NftFamily.Inet, 2, "")], owned: true).Bytes);

    [Fact]
    public void So_is_a_hook_at_devices() => AssertSame(
        [Begin, Table.Replace("000001000000110001", "000005000000110001", StringComparison.Ordinal), Ingress,
            Rule.Replace("000001000000110001", "000005000000110001", StringComparison.Ordinal), End],
        NftMessages.Arm(NftTrace.ArmingTable, [new NftHook(NftFamily.Netdev, 0, "0700010076300000070001006C6F0000")], owned: true).Bytes);

    [Fact]
    public void It_is_disarmed_byte_for_byte_as_nft_would() =>
        AssertSame([Begin, Delete, End], NftMessages.Disarm(NftTrace.ArmingTable, [new NftHook(NftFamily.Inet, 2, "")]).Bytes);

    private static void AssertSame(string[] expected, ReadOnlySpan<byte> written)
    {
        var messages = new List<string>();
        while (!written.IsEmpty)
        {
            var message = written[..BinaryPrimitives.ReadInt32LittleEndian(written)].ToArray();
            message[6] &= 0xFB; // NLM_F_ACK: nft asks for none
            messages.Add(Convert.ToHexStringLower(message));
            written = written[message.Length..];
        }

        Assert.Equal(expected, messages);
    }
}
