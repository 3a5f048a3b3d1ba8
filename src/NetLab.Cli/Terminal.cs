using Spectre.Console;

namespace NetLab.Cli;

/// <summary>Where text goes: with colours to a terminal, as plain lines that are never broken anywhere else.</summary>
internal static class Terminal
{
    private const int NeverBroken = 10_000;

    public static IAnsiConsole For(TextWriter output)
    {
        bool terminal = ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("NO_COLOR") is null;
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(output),
            Ansi = terminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = terminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = terminal ? InteractionSupport.Detect : InteractionSupport.No,
        });
        // Lines are as long as they are: a terminal breaks them itself, a file must not have them broken.
        console.Profile.Width = NeverBroken;
        return console;
    }
}
