using System.Text.Json.Nodes;

namespace NetLab;

/// <summary>What became of what was sent, for whom it was meant: of one frame (<see cref="FateVerdict"/>) or of a request and its answer
/// (<see cref="ExchangeVerdict"/>).</summary>
public interface IVerdict
{
    /// <summary>Whether all went as it was meant: the frame arrived, the answer came.</summary>
    bool IsGood { get; }

    /// <summary>The fates of all frames that were followed, that of the first first.</summary>
    IReadOnlyList<Fate> Fates { get; }

    /// <summary>The verdict as a person would put it, in several lines.</summary>
    string Describe();

    /// <summary>The verdict as JSON.</summary>
    JsonObject ToJson();
}
