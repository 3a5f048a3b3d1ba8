using NetLab.Linux;

namespace NetLab.Cli;

/// <summary>Writes the files that the command line names.</summary>
internal static class OutputFile
{
    /// <exception cref="InputException">The file cannot be written.</exception>
    /// <exception cref="OutputException">There is no room for it.</exception>
    public static void Write(string path, Action<string> write)
    {
        try
        {
            write(path);
        }
        catch (IOException full) when (NewFile.IsOutOfRoom(full))
        {
            throw new OutputException($"{path} is not whole: {full.Message}");
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new InputException($"{path} cannot be written: {refused.Message}");
        }
    }
}
