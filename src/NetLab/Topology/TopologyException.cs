namespace NetLab;

/// <summary>
/// What was described cannot be a network: a name twice, an address twice, a device with two masters… The message says what, and what would be right.
/// </summary>
public sealed class TopologyException : InvalidOperationException
{
    /// <summary>One problem.</summary>
    public TopologyException(string message)
        : base(message) => Problems = [message];

    /// <summary>All problems of a topology, one a line.</summary>
    public TopologyException(IReadOnlyList<string> problems)
        : base(string.Join(Environment.NewLine, problems)) => Problems = problems;

    /// <summary>Each problem in a sentence.</summary>
    public IReadOnlyList<string> Problems { get; }
}
