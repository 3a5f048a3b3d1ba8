using Docker.DotNet.Models;
using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Configurations;

namespace NetLab;

/// <summary>What a <see cref="NetLabContainerBuilder"/> has been told; immutable, as Testcontainers has it.</summary>
public sealed class NetLabContainerConfiguration : ContainerConfiguration
{
    /// <summary>An empty configuration.</summary>
    /// <param name="dropped">Capabilities that the container does without.</param>
    public NetLabContainerConfiguration(IEnumerable<string>? dropped = null) => Dropped = dropped ?? [];

    /// <summary>A configuration with the values of another one of the resource.</summary>
    public NetLabContainerConfiguration(IResourceConfiguration<CreateContainerParameters> resourceConfiguration)
        : base(resourceConfiguration)
    {
    }

    /// <summary>A configuration with the values of another one of a container.</summary>
    public NetLabContainerConfiguration(IContainerConfiguration resourceConfiguration)
        : base(resourceConfiguration)
    {
    }

    /// <summary>Two configurations, of which the new one's values count.</summary>
    public NetLabContainerConfiguration(NetLabContainerConfiguration oldValue, NetLabContainerConfiguration newValue)
        : base(oldValue, newValue) => Dropped = BuildConfiguration.Combine(oldValue.Dropped, newValue.Dropped);

    /// <summary>Capabilities that the container does without, such as <c>NET_RAW</c>.</summary>
    public IEnumerable<string> Dropped { get; } = [];
}
