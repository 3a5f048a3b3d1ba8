namespace NetLab.Cli;

/// <summary>There was no room for what a command had to say: neither its expectations nor its input are at fault.</summary>
internal sealed class OutputException(string message) : IOException(message);

/// <summary>
/// Standard output, whose refusals say what was refused; or, without a name, standard error, about whose refusals nobody can be told. Owns the stream below.
/// </summary>
internal sealed class StandardStream(Stream below, string? name) : Stream
{
    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        try
        {
            below.Write(buffer);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            if (name is not null)
            {
                throw new OutputException($"{name} takes no more, so what was seen cannot be told: {refused.Message}");
            }
        }
    }

    public override void Flush() => below.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            below.Dispose();
        }

        base.Dispose(disposing);
    }
}
