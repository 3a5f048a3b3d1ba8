namespace NetLab.Scenarios;

/// <summary>A Linux kernel of this machine's that QEMU can boot, and what it takes for it to have a network card.</summary>
/// <param name="Image">The kernel.</param>
/// <param name="Modules">Its driver for the card and what that needs, in the order in which they are loaded; none where it is built in.</param>
internal sealed record GuestKernel(string Image, IReadOnlyList<string> Modules)
{
    /// <summary>The card, as QEMU and the kernel call it.</summary>
    public const string Card = "e1000";

    private const string Boot = "/boot", ModulesFolder = "/lib/modules";

    /// <summary>The first that is found: one that the machine boots from, or one that <c>docker/netlab --vm</c> fetched; null where there is none.</summary>
    public static GuestKernel? Find() => Candidates().Select(one => Of(one.Image, one.Modules)).FirstOrDefault(kernel => kernel is not null);

    private static IEnumerable<(string Image, string Modules)> Candidates()
    {
        foreach (var modules in FoldersOf(ModulesFolder))
        {
            yield return (Path.Combine(Boot, "vmlinuz-" + Path.GetFileName(modules)), modules);
        }
        // docker/vm/boot keeps them so.
        foreach (var fetched in FoldersOf(Environment.GetEnvironmentVariable("NETLAB_VM_CACHE") ?? "/var/cache/netlab/vm"))
        {
            foreach (var modules in FoldersOf(Path.Combine(fetched, "modules")))
            {
                yield return (Path.Combine(fetched, "vmlinuz"), modules);
            }
        }
    }

    private static IEnumerable<string> FoldersOf(string folder) => Directory.Exists(folder) ? Directory.EnumerateDirectories(folder).Order() : [];

    // modules.dep(5): a module, and behind the colon those that it needs, the last of them first.
    private static GuestKernel? Of(string image, string modules)
    {
        var index = Path.Combine(modules, "modules.dep");
        if (!File.Exists(image) || !File.Exists(index))
        {
            return null;
        }
        if (File.ReadLines(index).FirstOrDefault(line => line.Split(':')[0].Contains($"/{Card}.ko", StringComparison.Ordinal)) is { } line)
        {
            var files = line.Replace(":", "", StringComparison.Ordinal).Split(' ', StringSplitOptions.RemoveEmptyEntries).Reverse();
            // Those of busybox are all that unpacks them in the guest.
            return line.Contains(".zst", StringComparison.Ordinal) ? null : new GuestKernel(image, [.. files.Select(file => Path.Combine(modules, file))]);
        }
        var builtIn = Path.Combine(modules, "modules.builtin");
        return File.Exists(builtIn) && File.ReadLines(builtIn).Any(one => one.EndsWith($"/{Card}.ko", StringComparison.Ordinal))
            ? new GuestKernel(image, []) : null;
    }
}
