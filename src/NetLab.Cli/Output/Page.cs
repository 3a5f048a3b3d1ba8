using System.Text;
using System.Text.RegularExpressions;
using NetLab.Packets;
using Spectre.Console;

namespace NetLab.Cli;

/// <summary>
/// Lines of text for a person, in Spectre's markup, with colours where the terminal shows them.
/// What is under way may be shown on a line that the next one replaces.
/// </summary>
internal sealed partial class Page
{
    private readonly Terminal _terminal;
    private readonly IAnsiConsole _console;
    private readonly bool _colours;
    private bool _isBusy;
    private bool _endsWithGap = true;

    public Page(Terminal terminal, bool colours)
    {
        _terminal = terminal;
        _colours = colours;
        _console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(terminal.Out),
            Ansi = colours ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = colours ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
        });

        // Lines are broken here or not at all.
        _console.Profile.Width = int.MaxValue;
    }

    public int Width => _terminal.Width;

    /// <summary>Whether long lines are to be broken: on a screen, and not in a file, where they are searched.</summary>
    public bool Breaks => _terminal.IsLive;

    /// <summary>Writes a line of markup; control characters, which can only be others', are shown as escapes.</summary>
    public void Line(string markup)
    {
        Settle();
        _console.MarkupLine(PlainText.Line(markup));
        _endsWithGap = markup.Length == 0;
    }

    /// <summary>Leaves a line empty, unless the last one is.</summary>
    public void Gap()
    {
        if (!_endsWithGap)
        {
            Line("");
        }
    }

    /// <summary>Writes text in lines that fit, each after an indent.</summary>
    /// <param name="indent">Columns before each line.</param>
    /// <param name="text">The text; what it holds is not markup.</param>
    /// <param name="style">Its style, such as <c>grey</c>; null for none.</param>
    public void Text(int indent, string text, string? style = null)
    {
        foreach (var line in Wrap(text, Math.Min(Width, 100) - indent))
        {
            Line(new string(' ', indent) + Styled(line, style));
        }
    }

    /// <summary>Writes one thing that was seen: on a screen it is broken to fit, with a deeper indent for what follows; elsewhere it stays a line.</summary>
    public void Item(int indent, string text, string? style = null)
    {
        indent += text.Length - text.TrimStart(' ').Length;
        text = text.TrimStart(' ');
        var lines = Breaks && indent + text.Length > Width ? Wrap(PlainText.Line(text), Width - indent - 2) : [text];
        for (var i = 0; i < lines.Count; i++)
        {
            Line(new string(' ', indent + (i == 0 ? 0 : 2)) + Styled(lines[i], style));
        }
    }

    /// <summary>Writes a drawing as it is, its frames faint and its VLANs coloured.</summary>
    public void Drawing(string drawing)
    {
        foreach (var line in drawing.TrimEnd('\n').Split('\n'))
        {
            Line(_colours ? Vlan().Replace(Frame().Replace(Markup.Escape(line), "[grey]$0[/]"), "[yellow]$0[/]") : Markup.Escape(line));
        }
    }

    /// <summary>Shows on a screen what is under way, until the next line.</summary>
    public void Busy(string what)
    {
        if (!_terminal.IsLive)
        {
            return;
        }

        Settle();
        var line = PlainText.Line($"  … {what}");
        _terminal.Out.Write(line.Length < Width ? line : line[..(Width - 1)]);
        _isBusy = true;
    }

    /// <summary>Takes away what <see cref="Busy"/> shows.</summary>
    public void Settle()
    {
        if (_isBusy)
        {
            // Back to the first column, and erase the line (ECMA-48, EL).
            _terminal.Out.Write("\r\u001b[2K");
            _isBusy = false;
        }
    }

    public static string Styled(string text, string? style) => style is null ? Markup.Escape(text) : $"[{style}]{Markup.Escape(text)}[/]";

    private static List<string> Wrap(string text, int width)
    {
        var lines = new List<string>();
        foreach (var paragraph in text.Trim().ReplaceLineEndings("\n").Split('\n'))
        {
            var line = new StringBuilder();
            foreach (var word in paragraph.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                if (line.Length > 0 && line.Length + 1 + word.Length > width)
                {
                    lines.Add(line.ToString());
                    line.Clear();
                }

                line.Append(line.Length > 0 ? " " : "").Append(word);
            }

            lines.Add(line.ToString());
        }

        return lines;
    }

    [GeneratedRegex("[╭╮╰╯│─├└┄═┈]+")]
    private static partial Regex Frame();

    [GeneratedRegex(@"VLAN \d+|trunk [\d,…]+")]
    private static partial Regex Vlan();
}
