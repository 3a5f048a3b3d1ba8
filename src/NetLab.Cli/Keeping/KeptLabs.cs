using System.Net.Sockets;
using NetLab.Linux;
using NetLab.Linux.Processes;

namespace NetLab.Cli.Keeping;

/// <summary>
/// Where the sockets of labs that stay are: a folder that its owner alone may enter, with a socket for each lab, named after it. <c>NETLAB_LABS</c> names
/// another folder; otherwise it is below <c>/run</c> for root, and below <c>XDG_RUNTIME_DIR</c> or the folder for temporary files for anybody else.
/// </summary>
internal static class KeptLabs
{
    public const string Variable = "NETLAB_LABS";

    // sun_path of struct sockaddr_un (unix(7)).
    private const int LongestPath = 107;

    public static string Folder { get; } = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named ? Path.GetFullPath(named)
        : OwnProcess.User == 0 ? "/run/netlab"
        : Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } runtime ? Path.Combine(runtime, "netlab")
        : Path.Combine(Path.GetTempPath(), $"netlab-{OwnProcess.User}");

    /// <summary>The labs that are up, by name. A socket that nobody answers at is of a keeper that was killed, and is taken away.</summary>
    public static IReadOnlyList<string> Names => !Directory.Exists(Folder) ? []
        : [.. Directory.GetFiles(Folder, "*.sock").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal).Where(IsUp)];

    public static string SocketOf(string name) => Path.Combine(Folder, $"{name}.sock");

    /// <summary>Whether a name can be a lab's.</summary>
    /// <exception cref="InputException">It cannot; the message says why.</exception>
    public static void RequireName(string name)
    {
        if (name.Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') || name[0] is '.' or '-')
        {
            throw new InputException($"'{name}' cannot be a lab's name; take letters, digits, '-', '_' and '.': --name my-lab");
        }

        if (SocketOf(name).Length > LongestPath)
        {
            throw new InputException($"the name '{name}' is too long for a socket in {Folder}; take a shorter one: --name my-lab");
        }
    }

    /// <summary>Makes the folder, for its owner alone.</summary>
    /// <exception cref="InputException">It is another's, or others may enter it.</exception>
    public static void MakeFolder()
    {
        if (!PrivateFiles.MakeFolder(Folder))
        {
            throw new InputException($"{Folder} is not for its owner alone: make it so (chmod 700), or name another folder in {Variable}");
        }
    }

    /// <summary>The lab that is meant: the named one, or the only one.</summary>
    /// <exception cref="InputException">There is none, or there are several.</exception>
    public static string Choose(string? name)
    {
        var names = Names;
        return name is not null
            ? names.Contains(name) ? name : throw new InputException($"no lab '{name}' is up{(names.Count > 0 ? $"; up are {string.Join(", ", names)}" : "")}")
            : names.Count switch
            {
                0 => throw new InputException("no lab is up; 'netlab up FILE' builds one that stays"),
                1 => names[0],
                _ => throw new InputException($"several labs are up; say which: --lab {string.Join(", --lab ", names)}"),
            };
    }

    /// <summary>Connects to a lab's keeper.</summary>
    /// <exception cref="InputException">The lab is gone.</exception>
    public static Socket Connect(string name)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(SocketOf(name)));
            return socket;
        }
        catch (SocketException refused)
        {
            socket.Dispose();
            throw new InputException($"the lab '{name}' does not answer: {refused.Message}");
        }
    }

    private static bool IsUp(string name)
    {
        try
        {
            Connect(name).Dispose();
            return true;
        }
        catch (InputException)
        {
            File.Delete(SocketOf(name));
            return false;
        }
    }
}
