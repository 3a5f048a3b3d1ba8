namespace NetLab;

/// <summary>
/// A frame did not go where it was expected to go, or went where it should not. The message says where each copy was seen and where it ended.
/// </summary>
public sealed partial class ForwardingException : Exception
{
    /// <summary>A failed expectation.</summary>
    /// <param name="message">What was expected, and what is so.</param>
    public ForwardingException(string message)
        : base(message)
    {
    }
}
