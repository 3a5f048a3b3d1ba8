using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Win32.SafeHandles;
using NetLab.Packets;
using Spectre.Console;

namespace NetLab.Cli;

/// <summary>Where a command writes: standard output and error, and what they can show.</summary>
internal sealed class Terminal : IDisposable
{
    private const int PlainWidth = 100;

    /// <summary>A terminal that writes to these.</summary>
    /// <param name="output">Standard output.</param>
    /// <param name="error">Standard error.</param>
    /// <param name="columns">The width of the screen, or null where there is none: a file, a pipe, a log.</param>
    /// <param name="colours">Whether colours are shown.</param>
    public Terminal(TextWriter output, TextWriter error, int? columns = null, bool colours = false)
    {
        Out = output;
        Error = error;
        IsLive = columns is not null;
        Width = columns ?? PlainWidth;
        Colours = colours;
        Page = new Page(this, colours);
    }

    public TextWriter Out { get; }

    public TextWriter Error { get; }

    /// <summary>Whether a person watches: lines may then be drawn over.</summary>
    public bool IsLive { get; }

    /// <summary>Whether colours are shown.</summary>
    public bool Colours { get; }

    /// <summary>Columns to fill with running text.</summary>
    public int Width { get; }

    public Page Page { get; }

    /// <summary>Who asks for something in another process, over its standard output and error.</summary>
    public static Terminal Of(SafeFileHandle output, SafeFileHandle error, int? columns, bool colours)
    {
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        return new Terminal(Writer(output, "standard output"), Writer(error, null), columns, colours);

        StreamWriter Writer(SafeFileHandle to, string? name) =>
            new(new StandardStream(new FileStream(to, FileAccess.Write, bufferSize: 0), name), utf8) { AutoFlush = true };
    }

    public static Terminal OfThisProcess()
    {
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        var output = new StreamWriter(new StandardStream(Console.OpenStandardOutput(), "standard output"), utf8) { AutoFlush = true };
        var error = new StreamWriter(new StandardStream(Console.OpenStandardError(), name: null), utf8) { AutoFlush = true };

        // Spectre knows terminals, NO_COLOR and the like.
        var screen = AnsiConsole.Profile.Capabilities;
        var live = !Console.IsOutputRedirected && screen.Ansi;
        return new Terminal(output, error, live ? Math.Max(40, AnsiConsole.Profile.Width) : null,
            live && AnsiConsole.Profile.Capabilities.ColorSystem != ColorSystem.NoColors);
    }

    /// <summary>Says why a command failed, on standard error, and with <paramref name="json"/> as a document on standard output.</summary>
    public int Fail(Failure failure, bool json)
    {
        Page.Settle();
        foreach (var line in failure.Lines)
        {
            Error.WriteLine(PlainText.Lines(line));
        }

        if (json)
        {
            try
            {
                WriteJson(new JsonObject { ["exitCode"] = failure.ExitCode, ["error"] = JsonText.Of(failure) });
            }
            catch (OutputException full)
            {
                Say($"netlab: {full.Message}");
            }
        }

        return failure.ExitCode;
    }

    /// <summary>Says something on standard error, in a line, beside what the command was asked for.</summary>
    public void Say(string text) => Error.WriteLine(PlainText.Line(text));

    public void WriteJson(JsonObject document) => Out.WriteLine(PlainText.Json(document.ToJsonString(JsonText.Options)));

    public void Dispose()
    {
        Out.Dispose();
        Error.Dispose();
    }
}
