using NetLab.Linux;

namespace NetLab.Benchmarks;

/// <summary>The kernel's worker that removes namespaces has nothing more to do.</summary>
internal static class KernelIdle
{
    public static async Task WaitAsync()
    {
        // The first namespace is removed with what was let go of before it, or later; when the second one's turn comes, that is over.
        for (var i = 0; i < 2; i++)
        {
            using var removal = new NamespaceRemoval([]);
            await removal.WaitAsync().ConfigureAwait(false);
        }
    }
}
