namespace NetLab.Linux;

/// <summary>Files that their owner alone may use.</summary>
internal static class PrivateFiles
{
    private const uint Permissions = 0x1ff, OwnerAll = 0x1c0, OwnerReadWrite = 0x180;

    /// <summary>Makes a folder for its owner alone (0700), where there is none.</summary>
    /// <returns>Whether it is one: of this user, for nobody else, and no link.</returns>
    public static bool MakeFolder(string path)
    {
        if (!Directory.Exists(path))
        {
            Directory.CreateDirectory(path);
            _ = Libc.chmod(path, OwnerAll);
        }

        return Libc.OwnerOf(path) is { } owner && (owner.Mode & Permissions) == OwnerAll && owner.User == Libc.geteuid()
            && new DirectoryInfo(path).LinkTarget is null;
    }

    /// <summary>Takes a file away from everybody else (0600).</summary>
    public static void MakePrivate(string path)
    {
        if (Libc.chmod(path, OwnerReadWrite) != 0)
        {
            throw new LinuxException($"make {path} private", Libc.LastErrno);
        }
    }
}
