namespace NetLab;

// What is told where nothing is known of a drop.
public static partial class Causes
{
    /// <summary>The kernel dropped it, and what its reason means here is not known: its own words are told.</summary>
    public static Cause Unknown { get; } = OfUnknown("unknown",
        "The kernel dropped it, and what its reason means here is not known: its own words are told.",
        "the kernel's reason and function",
        "look at the function in the kernel's source");

    /// <summary>The kernel says why by one of its named reasons, and nothing more is known: its reason is told in plain words.</summary>
    public static Cause KernelReason { get; } = OfUnknown("kernel-reason",
        "The kernel says why by one of its named reasons, and nothing more is known: its reason is told in plain words.",
        "the kernel's reason",
        "look at what the reason names");

    /// <summary>A question was sent, the kernel dropped neither it nor an answer, and no answer came back.</summary>
    public static Cause NoAnswer { get; } = OfUnknown("no-answer",
        "A question was sent, the kernel dropped neither it nor an answer, and no answer came back.",
        "the question was seen as it was sent, and no answer as it came in",
        "see that the program answers and has a route back; follow the question");

    private static Cause OfUnknown(string word, string meaning, string confirmedBy, string advice) => new(word, "Not known", meaning, confirmedBy, advice);
}
