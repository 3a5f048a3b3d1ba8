using System.Diagnostics.CodeAnalysis;

namespace NetLab;

/// <summary>A kind of reason why frames end: a word of <see cref="Causes"/>.</summary>
/// <param name="Word">The word, the same for every frame that ends by it: <c>nft-rule</c>, <c>bridge-mtu</c>, <c>no-route</c>.</param>
/// <param name="Group">Who stops frames by it: <c>Linux bridges</c>, <c>Routers</c>.</param>
/// <param name="Meaning">What it means.</param>
/// <param name="ConfirmedBy">What is held against it before it is told: what the kernel says, and which state is read.</param>
/// <param name="Advice">What to do; the remedy of a <see cref="Reason"/> says the same for one frame, as a command where there is one.</param>
public sealed record Cause(string Word, string Group, string Meaning, string ConfirmedBy, string Advice)
{
    /// <summary>The word.</summary>
    [return: NotNullIfNotNull(nameof(cause))]
    public static implicit operator string?(Cause? cause) => cause?.Word;

    /// <summary>The word.</summary>
    public override string ToString() => Word;
}
