using Docker.DotNet.Models;
using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Configurations;

namespace NetLab;

/// <summary>
/// Builds a container in which labs can run, with the least that they need:
/// the capabilities <see cref="Capabilities"/>, <c>/dev/net/tun</c>, and no seccomp or AppArmor profile, which would refuse the
/// mounts and namespaces. No network, no Ryuk: the container lives as long as the process that started it.
/// </summary>
/// <example>
/// <code>
/// await using NetLabContainer container = new NetLabContainerBuilder("netlab").Build();
/// await container.StartAsync();
/// ExecResult result = await container.ExecAsync(["docker/netlab", "--native", "run", "scenarios/basics/nft-rule.yaml"]);
/// </code>
/// </example>
public sealed class NetLabContainerBuilder : ContainerBuilder<NetLabContainerBuilder, NetLabContainer, NetLabContainerConfiguration>
{
    private const string Tun = "/dev/net/tun";

    /// <summary>
    /// What a lab needs: NET_ADMIN for devices, SYS_ADMIN for namespaces and mounts, NET_RAW for packet sockets, SYS_CHROOT to come back
    /// from a mount namespace, NET_BIND_SERVICE for servers at ports below 1024, SYS_PTRACE to name the program that reads a frame by a packet socket.
    /// </summary>
    public static IReadOnlyList<string> Capabilities { get; } = ["NET_ADMIN", "SYS_ADMIN", "NET_RAW", "SYS_CHROOT", "NET_BIND_SERVICE", "SYS_PTRACE"];

    /// <summary>A builder of containers of an image that has .NET, and what the labs use.</summary>
    /// <param name="image">The image, such as the one that <c>docker/Dockerfile</c> makes.</param>
    public NetLabContainerBuilder(string image)
        : this(new NetLabContainerConfiguration()) => DockerResourceConfiguration = Init().WithImage(image).DockerResourceConfiguration;

    private NetLabContainerBuilder(NetLabContainerConfiguration configuration)
        : base(configuration) => DockerResourceConfiguration = configuration;

    /// <inheritdoc/>
    protected override NetLabContainerConfiguration DockerResourceConfiguration { get; }

    /// <summary>Takes a capability away, to see what stops without it.</summary>
    /// <param name="capability">One of <see cref="Capabilities"/>.</param>
    public NetLabContainerBuilder WithoutCapability(string capability) =>
        Capabilities.Contains(capability)
            ? Merge(DockerResourceConfiguration, new NetLabContainerConfiguration([capability]))
            : throw new ArgumentException($"A lab's container does not have {capability}; it has {string.Join(", ", Capabilities)}.", nameof(capability));

    /// <inheritdoc/>
    public override NetLabContainer Build()
    {
        Validate();
        string[] granted = [.. Capabilities.Except(DockerResourceConfiguration.Dropped)];
        var last = WithCreateParameterModifier(parameters => Grant(parameters, granted));
        return new NetLabContainer(last.DockerResourceConfiguration);
    }

    /// <inheritdoc/>
    protected override NetLabContainerBuilder Init()
    {
        ContainerEngine.Prepare();

        // cat as the first process: it ends with its standard input, which this process holds.
        return base.Init()
            .WithResourceReaperSessionId(Guid.NewGuid())
            .WithAutoRemove(true)
            .WithEntrypoint("cat")
            .WithLabel(ContainerOwner.Label, ContainerOwner.OfThisProcess);
    }

    /// <inheritdoc/>
    protected override NetLabContainerBuilder Clone(IResourceConfiguration<CreateContainerParameters> resourceConfiguration) =>
        Merge(DockerResourceConfiguration, new NetLabContainerConfiguration(resourceConfiguration));

    /// <inheritdoc/>
    protected override NetLabContainerBuilder Clone(IContainerConfiguration resourceConfiguration) =>
        Merge(DockerResourceConfiguration, new NetLabContainerConfiguration(resourceConfiguration));

    /// <inheritdoc/>
    protected override NetLabContainerBuilder Merge(NetLabContainerConfiguration oldValue, NetLabContainerConfiguration newValue) =>
        new(new NetLabContainerConfiguration(oldValue, newValue));

    private static void Grant(CreateContainerParameters parameters, string[] capabilities)
    {
        var host = parameters.HostConfig ??= new HostConfig();
        host.CapDrop = ["ALL"];
        host.CapAdd = [.. capabilities];
        host.SecurityOpt = ["seccomp=unconfined", "apparmor=unconfined"];
        host.NetworkMode = "none";
        host.Devices = [.. host.Devices ?? [], new DeviceMapping { PathOnHost = Tun, PathInContainer = Tun, CgroupPermissions = "rwm" }];
        parameters.OpenStdin = true;
        parameters.StdinOnce = true;
        parameters.AttachStdin = true;
    }
}
