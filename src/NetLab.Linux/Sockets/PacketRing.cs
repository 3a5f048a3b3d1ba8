using Microsoft.Win32.SafeHandles;
using NetLab.Linux.Bpf;

namespace NetLab.Linux;

/// <summary>Takes a frame out of a <see cref="PacketRing"/>.</summary>
/// <param name="record">What is known about it.</param>
/// <param name="frame">Its bytes, without the tag in <see cref="PacketRecord.VlanTci"/>; valid during the call.</param>
internal delegate void PacketHandler(in PacketRecord record, ReadOnlySpan<byte> frame);

/// <summary>
/// A packet(7) socket whose frames the kernel puts into memory that it shares with us (TPACKET_V3, Documentation/networking/packet_mmap.rst): no system call
/// and no allocation a frame. It sees what <see cref="PacketSocket"/> sees: every frame that comes in or goes out at any device of a namespace.
/// </summary>
/// <remarks>
/// The memory is a ring of blocks. The kernel fills a block and hands it over when it is full, or 20 ms after it began to be filled. When all blocks are
/// ours because nobody reads, frames are lost and counted. Not for several threads at once.
/// </remarks>
internal sealed unsafe class PacketRing : IDisposable
{
    // include/uapi/linux/if_packet.h, if_ether.h
    private const int PACKET_RX_RING = 5, PACKET_STATISTICS = 6, PACKET_VERSION = 10, TPACKET_V3 = 2;
    private const int TP_STATUS_KERNEL = 0, TP_STATUS_USER = 1, TP_STATUS_CSUMNOTREADY = 1 << 3, TP_STATUS_VLAN_VALID = 1 << 4,
        TP_STATUS_VLAN_TPID_VALID = 1 << 6;
    private const ushort ETH_P_8021Q = 0x8100;
    private const int BlockBytes = 128 * 1024, SmallestFrameBytes = 2048, BlockWaitMilliseconds = 20;

    private readonly MappedMemory _memory;
    private readonly int _blocks;
    private int _next;
    private long _seen;
    private long _lost;

    private PacketRing(SafeFileHandle handle, MappedMemory memory, int blocks)
    {
        Handle = handle;
        _memory = memory;
        _blocks = blocks;
    }

    /// <summary>The socket's descriptor, readable when a block waits, for <see cref="Reactor.OnReadable"/>.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>How many frames <see cref="Drain"/> has handed out.</summary>
    public long Read { get; private set; }

    /// <summary>Opens a ring that sees every frame of a namespace from the moment that this returns.</summary>
    /// <param name="ns">The namespace.</param>
    /// <param name="bytes">The size of the ring, of the kernel's memory; at least four blocks of 128 KiB are taken.</param>
    /// <exception cref="LinuxException">EPERM without CAP_NET_RAW; ENOMEM: the kernel has not so much memory; EAFNOSUPPORT:
    /// it has no CONFIG_PACKET.</exception>
    public static PacketRing Open(NetworkNamespace ns, long bytes = 16 << 20)
    {
        ArgumentNullException.ThrowIfNull(ns);
        var blocks = (int)Math.Clamp(bytes / BlockBytes, 4, 4096);

        // Protocol 0: nothing is received before the ring is there and the socket is bound.
        var handle = ns.OpenSocket(Libc.AF_PACKET, Libc.SOCK_RAW | Libc.SOCK_NONBLOCK, 0);
        MappedMemory? memory = null;
        try
        {
            using var fd = handle.Borrow();
            var version = TPACKET_V3;
            Set(fd.Number, PACKET_VERSION, &version, sizeof(int), "ask for a packet socket's ring of version 3");
            RingRequest request = new()
            {
                BlockSize = BlockBytes,
                BlockCount = (uint)blocks,
                FrameSize = SmallestFrameBytes,
                FrameCount = (uint)(blocks * (BlockBytes / SmallestFrameBytes)),
                RetireBlockMilliseconds = BlockWaitMilliseconds,
            };
            Set(fd.Number, PACKET_RX_RING, &request, sizeof(RingRequest), $"make a packet socket's ring of {blocks} blocks of {BlockBytes} bytes");
            memory = MappedMemory.Of(handle, 0, (nint)blocks * BlockBytes, writable: true, "map the ring of a packet socket");
            PacketSocket.Bind(fd.Number, interfaceIndex: 0);
            return new PacketRing(handle, memory, blocks);
        }
        catch
        {
            memory?.Dispose();
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Hands out every frame of the blocks that are full, oldest first, and gives the blocks back.</summary>
    public void Drain(PacketHandler handler)
    {
        ArgumentNullException.ThrowIfNull(handler);

        // struct tpacket_block_desc { __u32 version; __u32 offset_to_priv; struct tpacket_hdr_v1 { __u32 block_status; __u32 num_pkts;
        // __u32 offset_to_first_pkt; … } }
        for (var taken = 0; taken < _blocks; taken++)
        {
            var block = (byte*)_memory.Address + ((nint)_next * BlockBytes);
            if ((Volatile.Read(ref *(uint*)(block + 8)) & TP_STATUS_USER) == 0)
            {
                return;
            }

            var count = *(uint*)(block + 12);
            var frame = block + *(uint*)(block + 16);
            for (uint i = 0; i < count; i++)
            {
                Hand(frame, handler);
                frame += *(uint*)frame;
            }

            Read += count;
            Volatile.Write(ref *(uint*)(block + 8), TP_STATUS_KERNEL);
            _next = (_next + 1) % _blocks;
        }
    }

    /// <summary>How many frames the socket saw since it was opened, and how many of them found no room in the ring and are lost (PACKET_STATISTICS).</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public (long Seen, long Lost) ReadStatistics()
    {
        // struct tpacket_stats_v3 { unsigned int tp_packets; unsigned int tp_drops; unsigned int tp_freeze_q_cnt; };
        // tp_packets counts the dropped too; reading sets all to zero.
        var statistics = stackalloc uint[3];
        var length = 3 * sizeof(uint);
        using var fd = Handle.Borrow();
        if (Libc.getsockopt(fd.Number, Libc.SOL_PACKET, PACKET_STATISTICS, statistics, &length) != 0)
        {
            throw new LinuxException("read the statistics of a packet socket", Libc.LastErrno);
        }

        _seen += statistics[0];
        _lost += statistics[1];
        return (_seen, _lost);
    }

    /// <summary>The name of a device of the ring's namespace, or null when it is gone.</summary>
    public string? NameOf(int interfaceIndex)
    {
        using var fd = Handle.Borrow();
        return DeviceIoctl.NameOf(fd.Number, interfaceIndex);
    }

    /// <summary>Closes the socket; frames in the ring are gone.</summary>
    public void Dispose()
    {
        _memory.Dispose();
        Handle.Dispose();
    }

    // struct tpacket3_hdr { __u32 tp_next_offset; __u32 tp_sec; __u32 tp_nsec; __u32 tp_snaplen; __u32 tp_len; __u32 tp_status; __u16 tp_mac; __u16 tp_net;
    //   struct tpacket_hdr_variant1 { __u32 tp_rxhash; __u32 tp_vlan_tci; __u16 tp_vlan_tpid; __u16 tp_padding; }; __u8 tp_padding[8]; }
    // and, 48 bytes on, struct sockaddr_ll { unsigned short sll_family; __be16 sll_protocol; int sll_ifindex; unsigned short sll_hatype;
    // unsigned char sll_pkttype; … }
    private static void Hand(byte* header, PacketHandler handler)
    {
        var words = (uint*)header;
        var status = words[5];
        var tagged = (status & TP_STATUS_VLAN_VALID) != 0;
        var protocol = (status & TP_STATUS_VLAN_TPID_VALID) != 0 ? *(ushort*)(header + 36) : ETH_P_8021Q;
        var record = new PacketRecord(
            (int)words[3], *(int*)(header + 52), (PacketDirection)header[58], tagged ? (ushort)words[8] : null, tagged ? protocol
                : (ushort)0, (words[1] * 1_000_000_000L) + words[2])
        {
            OriginalLength = (int)words[4],
            HasPendingChecksum = (status & TP_STATUS_CSUMNOTREADY) != 0,
        };
        handler(record, new ReadOnlySpan<byte>(header + *(ushort*)(header + 24), (int)words[3]));
    }

    private static void Set(int fd, int option, void* value, int length, string doing)
    {
        if (Libc.setsockopt(fd, Libc.SOL_PACKET, option, value, length) != 0)
        {
            throw new LinuxException(doing, Libc.LastErrno);
        }
    }

    /// <summary>
    /// <c>struct tpacket_req3 { unsigned int tp_block_size; unsigned int tp_block_nr; unsigned int tp_frame_size; unsigned int tp_frame_nr; unsigned int
    /// tp_retire_blk_tov; unsigned int tp_sizeof_priv; unsigned int tp_feature_req_word; }</c>
    /// </summary>
    private struct RingRequest
    {
        public uint BlockSize, BlockCount, FrameSize, FrameCount, RetireBlockMilliseconds, PrivateSize, Features;
    }
}
