namespace NetLab.Linux.Processes;

/// <summary>Finds programs as execvp(3) does, but says what was searched.</summary>
internal static class ProgramPath
{
    private const string UsualPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <summary>The path of a program, or null if no directory of PATH has it. A name with a slash is a path already.</summary>
    public static string? Find(string program, string? path) =>
        program.Contains('/', StringComparison.Ordinal)
            ? IsProgram(program) ? program : null
            : Directories(path).Select(directory => Path.Combine(directory, program)).FirstOrDefault(IsProgram);

    /// <exception cref="LinuxException">ENOENT: there is no such program; EACCES: it is not executable.</exception>
    public static string Require(string program, string? path)
    {
        ArgumentException.ThrowIfNullOrEmpty(program);
        if (Find(program, path) is { } found)
        {
            return found;
        }

        throw program.Contains('/', StringComparison.Ordinal)
            ? new LinuxException($"start {program}", File.Exists(program) ? Errno.EACCES : Errno.ENOENT,
                tryThis: File.Exists(program) ? "The file is not executable" : null)
            : new LinuxException($"start {program}", Errno.ENOENT,
                tryThis: $"No directory of PATH has this program ({string.Join(':', Directories(path))}): is its package installed?");
    }

    // The directories of system programs are always searched last: PATH of a plain user has no /usr/sbin, and sudo may keep it so.
    private static IEnumerable<string> Directories(string? path) =>
        $"{path}:{UsualPath}".Split(':', StringSplitOptions.RemoveEmptyEntries).Distinct();

    private static bool IsProgram(string path) => File.Exists(path) && Libc.access(path, Libc.X_OK) == 0;
}
