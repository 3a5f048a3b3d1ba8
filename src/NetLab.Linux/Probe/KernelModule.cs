namespace NetLab.Linux.Probe;

/// <summary>
/// Whether a part of the kernel is a module that lies ready on disk: <c>/proc/modules</c> and <c>/lib/modules/VERSION/modules.dep</c>, see depmod(8).
/// </summary>
internal static class KernelModule
{
    /// <summary>True if the module is on disk and not loaded; false if it is loaded, built in, absent, or if nothing is known.</summary>
    public static bool IsLoadable(string module)
    {
        const string loaded = "/proc/modules";
        return File.Exists(loaded)
            && !File.ReadLines(loaded).Any(line => line.StartsWith(module + " ", StringComparison.Ordinal))
            && IsListed(module, Read("/proc/sys/kernel/osrelease"));
    }

    internal static bool IsListed(string module, string release, string root = "/lib/modules")
    {
        // kernel/drivers/net/dummy.ko.zst: (nothing, or other modules)
        var list = $"{root}/{release}/modules.dep";
        return File.Exists(list) && File.ReadLines(list).Any(line => NameOf(line) == module);
    }

    private static string NameOf(string line)
    {
        var path = line.Split(':')[0];
        var file = path[(path.LastIndexOf('/') + 1)..];
        return file.Split('.')[0].Replace('-', '_');
    }

    private static string Read(string path) => File.ReadAllText(path).Trim();
}
