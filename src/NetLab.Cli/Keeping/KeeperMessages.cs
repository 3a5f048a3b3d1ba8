using System.Text.Json;

namespace NetLab.Cli.Keeping;

/// <summary>What a command asks of a lab's keeper. Its standard input, output and error go with it: the keeper writes there itself.</summary>
/// <param name="Do">The command's name.</param>
/// <param name="Words">Its arguments.</param>
internal sealed record KeeperRequest(string Do, IReadOnlyList<string> Words)
{
    /// <summary>Options, by name.</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>();

    /// <summary>The width of the screen; null where there is none.</summary>
    public int? Columns { get; init; }

    /// <summary>Whether the screen shows colours.</summary>
    public bool Colours { get; init; }

    /// <summary>Whether somebody sits at a terminal: standard input and output are one.</summary>
    public bool IsAtTerminal { get; init; }

    /// <summary>The directory that the command was given in.</summary>
    public string Directory { get; init; } = "/";

    /// <summary>The kind of terminal (TERM).</summary>
    public string Term { get; init; } = "dumb";

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this);

    public static KeeperRequest Of(byte[] bytes) => JsonSerializer.Deserialize<KeeperRequest>(bytes)!;
}

/// <summary>What the keeper says: that a program runs at the terminal that comes with the message, something about the lab, or how the command ended.</summary>
/// <param name="Exit">The exit code; null where the command has not ended.</param>
/// <param name="Told">What is told of the lab, as JSON; null for a terminal.</param>
internal sealed record KeeperReply(int? Exit, string? Told = null)
{
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this);

    public static KeeperReply Of(byte[] bytes) => JsonSerializer.Deserialize<KeeperReply>(bytes)!;
}
