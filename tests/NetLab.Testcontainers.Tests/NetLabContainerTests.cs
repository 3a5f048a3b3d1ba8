using System.Diagnostics;
using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Configurations;
using DotNet.Testcontainers.Containers;

namespace NetLab.Tests;

/// <summary>
/// A lab inside a container: with the least that it needs, and what stops without each part of that. And no container outlives who started it.
/// </summary>
public sealed class NetLabContainerTests
{
    private const string Sdk = "mcr.microsoft.com/dotnet/sdk:10.0", Plain = "debian:bookworm-slim";

    [EngineFact]
    public async Task A_lab_runs_in_a_container_with_the_least_privileges()
    {
        await using var container = WithNetLab(Builder(Sdk)).Build();
        await container.StartAsync();
        var run = await RunAsync(container);
        Assert.True(run.ExitCode == 0, run.Stdout + run.Stderr);
        var effective = (await container.ExecAsync(["grep", "CapEff", "/proc/self/status"])).Stdout;
        Assert.Equal("00000000002c3400", effective.Split(':')[1].Trim());
    }

    [EngineTheory]
    [InlineData("NET_ADMIN", 3, "CAP_NET_ADMIN")]
    [InlineData("SYS_ADMIN", 3, "CAP_SYS_ADMIN")]
    [InlineData("NET_RAW", 3, "CAP_NET_RAW")]
    [InlineData("SYS_CHROOT", 1, "needs the capability SYS_CHROOT")]
    [InlineData("NET_BIND_SERVICE", 1, "port 80: Permission denied")]
    [InlineData("SYS_PTRACE", 1, "a program that only the capability SYS_PTRACE would name")]
    public async Task Without_a_capability_the_lab_says_which_is_missing(string capability, int exitCode, string words)
    {
        await using var container = WithNetLab(Builder(Sdk)).WithoutCapability(capability).Build();
        await container.StartAsync();
        var run = await RunAsync(container);
        Assert.True(run.ExitCode == exitCode && (run.Stdout + run.Stderr).Contains(words, StringComparison.Ordinal),
            $"exit code {run.ExitCode}: {run.Stdout}{run.Stderr}");
    }

    [EngineFact]
    public async Task Cancelling_a_start_is_a_cancellation_and_leaves_no_container()
    {
        string id;
        await using (var container = Builder(Plain).WithWaitStrategy(Wait.ForUnixContainer().UntilMessageIsLogged("never")).Build())
        {
            using var cancellation = new CancellationTokenSource();
            container.Starting += (_, _) => cancellation.CancelAfter(TimeSpan.FromSeconds(1));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => container.StartAsync(cancellation.Token));
            id = container.Id;
        }

        Assert.False(await ExistsAsync(id));
    }

    [EngineFact]
    public async Task A_container_goes_when_it_is_disposed_and_when_its_process_is_killed()
    {
        var container = Builder(Plain).Build();
        await container.StartAsync();
        var id = container.Id;
        Assert.True(await ExistsAsync(id));
        await container.DisposeAsync();
        Assert.False(await ExistsAsync(id));

        using var holder = Process.Start(new ProcessStartInfo("dotnet", [typeof(NetLabContainerTests).Assembly.Location]) { RedirectStandardOutput = true })!;
        id = await IdAsync(holder.StandardOutput).WaitAsync(TimeSpan.FromMinutes(2));
        Assert.True(await ExistsAsync(id));
        holder.Kill();
        await GoneAsync(id);
    }

    [EngineFact]
    public async Task A_container_whose_owner_is_gone_is_removed_by_the_next_start()
    {
        await using var left = new ContainerBuilder(Plain).WithEntrypoint("sleep").WithCommand("1000")
            .WithLabel(ContainerOwner.Label, ContainerOwner.OfThisProcess + "0").Build();
        await left.StartAsync();
        await using var next = Builder(Plain).Build();
        await next.StartAsync();
        Assert.False(await ExistsAsync(left.Id));
        Assert.False(ContainerOwner.IsOrphan(ContainerOwner.OfThisProcess));
        Assert.False(ContainerOwner.IsOrphan("another-machine 1 2"));
    }

    private static NetLabContainerBuilder Builder(string image) => new(image);

    private static NetLabContainerBuilder WithNetLab(NetLabContainerBuilder builder) =>
        builder.WithBindMount(AppContext.BaseDirectory, "/netlab", AccessMode.ReadOnly);

    private static Task<ExecResult> RunAsync(NetLabContainer container) =>
        container.ExecAsync(["dotnet", "/netlab/NetLab.Cli.dll", "run", "/netlab/Servers/privileges.yaml"]);

    // Testcontainers writes to the same output.
    private static async Task<string> IdAsync(StreamReader output)
    {
        while (await output.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("container ", StringComparison.Ordinal))
            {
                return line["container ".Length..];
            }
        }

        throw new InvalidOperationException("The program ended and said nothing of a container.");
    }

    private static async Task<bool> ExistsAsync(string id)
    {
        using var engine = ContainerEngine.Connect();
        try
        {
            return (await engine.Containers.InspectContainerAsync(id)).State!.Running;
        }
        catch (Docker.DotNet.DockerContainerNotFoundException)
        {
            return false;
        }
    }

    private static async Task GoneAsync(string id)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (await ExistsAsync(id))
        {
            await Task.Delay(50, patience.Token);
        }
    }
}
