namespace NetLab.Tests.Labs;

/// <summary>Tests that look at the whole machine, and so run when no other test does.</summary>
[CollectionDefinition("alone", DisableParallelization = true)]
public sealed class AloneCollection;
