namespace NetLab.Tests;

/// <summary>Starts a container, says which, and holds it until somebody kills this program.</summary>
internal static class Program
{
    public static async Task Main()
    {
        var container = new NetLabContainerBuilder("debian:bookworm-slim").Build();
        await container.StartAsync();
        Console.WriteLine($"container {container.Id}");
        await Task.Delay(Timeout.Infinite);
    }
}
