using NetLab.Linux;

namespace NetLab.Benchmarks.Topologies;

/// <summary>A network that can be built and let go of, by one way or another.</summary>
internal interface ITopology
{
    /// <summary>Its namespaces while it is built.</summary>
    IReadOnlyList<NetworkNamespace> Namespaces { get; }

    /// <summary>Builds it, and returns when the first frame would not be lost.</summary>
    Task BuildAsync();

    /// <summary>Lets go of it; the kernel may still be removing it.</summary>
    Task RemoveAsync();
}
