namespace NetLab;

/// <summary>The frame that an expectation is about.</summary>
public sealed partial class ForwardingException
{
    /// <summary>A failed expectation of a frame.</summary>
    /// <param name="message">What was expected, and what became of the frame.</param>
    /// <param name="fate">The fate of the frame that it is about.</param>
    /// <param name="copy">The copy that it is about.</param>
    /// <param name="inner">What was thrown by the test's own code, where that is why it failed.</param>
    public ForwardingException(string message, Fate? fate = null, FrameCopy? copy = null, Exception? inner = null)
        : base(message, inner)
    {
        Fate = fate;
        Copy = copy;
    }

    /// <summary>The fate of the frame that it is about; null where it is about none, or about several.</summary>
    public Fate? Fate { get; }

    /// <summary>The copy that it is about, or that was wanted and ended on the way; null where none is known.</summary>
    public FrameCopy? Copy { get; }
}
