using System.Runtime.InteropServices;

namespace NetLab.Linux;

/// <summary>
/// The number of a file descriptor, borrowed from its handle for the length of a <c>using</c>: as long as the loan lasts the handle is not
/// closed, so the number cannot be given to another file. Costs two interlocked operations and no allocation.
/// </summary>
internal readonly ref struct BorrowedDescriptor
{
    private readonly SafeHandle _handle;

    public BorrowedDescriptor(SafeHandle handle)
    {
        var added = false;
        handle.DangerousAddRef(ref added);
        _handle = handle;
        Number = (int)handle.DangerousGetHandle();
    }

    /// <summary>The descriptor's number.</summary>
    public int Number { get; }

    public void Dispose() => _handle.DangerousRelease();
}

/// <summary>Reads better than a constructor: <c>using var fd = handle.Borrow();</c></summary>
internal static class SafeHandleExtensions
{
    public static BorrowedDescriptor Borrow(this SafeHandle handle) => new(handle);
}
