namespace NetLab.Linux.Probe;

/// <summary>Whether this machine has a feature, how that was found out, and what to do if it has not.</summary>
/// <param name="Feature">The feature.</param>
/// <param name="Name">Its name in words: <c>queueing discipline netem</c>.</param>
/// <param name="Available">Whether it can be used here and now, by this process.</param>
/// <param name="Evidence">What was tried and what the kernel answered.</param>
/// <param name="KernelOption">The kernel's build option, <c>CONFIG_NET_SCH_NETEM</c>; null if it is not the kernel's matter.</param>
/// <param name="Remedy">What to do when it is missing, or what to use in its place; a sentence without a full stop. Null if there is nothing.</param>
public sealed record FeatureState(Feature Feature, string Name, bool Available, string Evidence, string? KernelOption, string? Remedy);
