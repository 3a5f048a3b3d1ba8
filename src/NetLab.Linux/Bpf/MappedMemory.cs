using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace NetLab.Linux.Bpf;

/// <summary>Memory shared with the kernel, unmapped when disposed or forgotten.</summary>
internal sealed class MappedMemory : SafeHandleMinusOneIsInvalid
{
    private readonly nint _length;

    private MappedMemory(nint address, nint length)
        : base(ownsHandle: true)
    {
        _length = length;
        SetHandle(address);
    }

    /// <summary>Where it is.</summary>
    public nint Address => IsClosed ? throw new ObjectDisposedException(nameof(MappedMemory)) : handle;

    /// <summary>Maps a part of what a descriptor stands for.</summary>
    public static MappedMemory Of(SafeHandle what, nint offset, nint length, bool writable, string doing)
    {
        using var fd = what.Borrow();
        var address = Libc.mmap(0, (nuint)length, Libc.PROT_READ | (writable ? Libc.PROT_WRITE : 0), Libc.MAP_SHARED, fd.Number, offset);
        return address != Libc.MAP_FAILED ? new MappedMemory(address, length) : throw new LinuxException(doing, Libc.LastErrno);
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => Libc.munmap(handle, (nuint)_length) == 0;
}
