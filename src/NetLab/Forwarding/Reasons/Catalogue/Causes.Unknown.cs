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

    private static Cause OfUnknown(string word, string meaning, string confirmedBy, string advice) => new(word, "Not known", meaning, confirmedBy, advice);
}
