using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Containers;

namespace NetLab.Tests;

/// <summary>An image with nginx and Redis from Debian's packages, and containers of it that have no network of their own.</summary>
public sealed class ServerImage : IAsyncLifetime
{
    public const string Name = "netlab-test-servers:1";

    public Task InitializeAsync()
    {
        if (Engine.SkipReason is not null)
        {
            return Task.CompletedTask;
        }

        var folder = Path.Combine(AppContext.BaseDirectory, "Servers");
        return new ImageFromDockerfileBuilder().WithContextDirectory(folder).WithDockerfileDirectory(folder).WithDockerfile("Dockerfile").WithName(Name)
            .WithDeleteIfExists(false).WithCleanUp(false).WithCreateParameterModifier(p => p.NetworkMode = "host").Build().CreateAsync();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public static IContainer Nginx(string network = "none") => Container(network, "nginx", "-g", "daemon off;");

    public static IContainer Redis() => Container("none", "redis-server", "--protected-mode", "no", "--bind", "0.0.0.0");

    private static IContainer Container(string network, string program, params string[] arguments) =>
        new ContainerBuilder(Name).WithEntrypoint(program).WithCommand(arguments)
            .WithCreateParameterModifier(p => p.HostConfig!.NetworkMode = network).Build();
}
