using NetLab.Packets;

namespace NetLab;

/// <summary>
/// Open vSwitch refused something, or is not there. The message says what was being done, in which node, and what Open vSwitch answered,
/// in its own words.
/// </summary>
public sealed class OvsException : Exception
{
    internal OvsException(string doing, string answer, Exception? inner = null)
        : base($"{doing}: {PlainText.Lines(answer)}", inner)
    {
        Doing = doing;
        Answer = answer;
    }

    /// <summary>What was being done: <c>add port v0 to bridge br-int in node compute1</c>.</summary>
    public string Doing { get; }

    /// <summary>What Open vSwitch answered, or what happened instead.</summary>
    public string Answer { get; }
}
