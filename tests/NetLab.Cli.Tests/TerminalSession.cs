using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace NetLab.Cli.Tests;

/// <summary>The command at a terminal of its own (script(1)), and somebody who types what he reads the time for.</summary>
internal sealed partial class TerminalSession : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Process _script;
    private readonly StringBuilder _screen = new();
    private readonly char[] _piece = new char[4096];
    private string _unread = "";

    private TerminalSession(Process script) => _script = script;

    /// <summary>All that was shown, without what moves the cursor or colours the text.</summary>
    public string Screen => Shown(_screen.ToString());

    /// <summary>Starts it.</summary>
    /// <param name="sockets">The folder of the labs that stay.</param>
    /// <param name="arguments">The command's arguments.</param>
    public static TerminalSession Start(string sockets, params string[] arguments) => StartBy("exec", sockets, arguments);

    /// <summary>Starts it where the step <c>boot</c> is skipped.</summary>
    /// <param name="sockets">The folder of the labs that stay.</param>
    /// <param name="arguments">The command's arguments.</param>
    public static TerminalSession StartWithoutGuests(string sockets, params string[] arguments) =>
        StartBy($"exec unshare -m sh -ec '{NetLabProcess.HideGuests}' sh", sockets, arguments);

    private static TerminalSession StartBy(string shell, string sockets, string[] arguments)
    {
        var command = $"stty cols 100 rows 40; {shell} dotnet {Path.Combine(AppContext.BaseDirectory, "NetLab.Cli.dll")} {string.Join(' ', arguments)}";
        var start = new ProcessStartInfo("script", ["-qefc", command, "/dev/null"])
            { RedirectStandardInput = true, RedirectStandardOutput = true, WorkingDirectory = SourceTree.Root };
        (start.Environment["NETLAB_LABS"], start.Environment["TERM"], start.Environment["NETLAB_BUNDLES"]) = (sockets, "xterm", "off");
        return new TerminalSession(Process.Start(start)!);
    }

    /// <summary>Reads until something new is shown.</summary>
    public async Task<TerminalSession> ExpectAsync(string text)
    {
        using var late = new CancellationTokenSource(Patience);
        while (Shown(_unread).IndexOf(text, StringComparison.Ordinal) < 0)
        {
            var got = 0;
            try
            {
                got = await _script.StandardOutput.ReadAsync(_piece, late.Token);
            }
            catch (OperationCanceledException)
            {
                // Told below.
            }

            Assert.True(got > 0, $"'{text}' is not shown after:\n{Screen}");
            _screen.Append(_piece, 0, got);
            _unread += new string(_piece, 0, got);
        }

        var shown = Shown(_unread);
        _unread = shown[(shown.IndexOf(text, StringComparison.Ordinal) + text.Length)..];
        return this;
    }

    /// <summary>Types a line.</summary>
    public Task TypeAsync(string line) => KeysAsync(line + "\r");

    /// <summary>Presses keys.</summary>
    public async Task KeysAsync(string keys)
    {
        await _script.StandardInput.WriteAsync(keys);
        await _script.StandardInput.FlushAsync();
    }

    /// <summary>Reads to the end.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> EndAsync()
    {
        _screen.Append(await _script.StandardOutput.ReadToEndAsync().WaitAsync(Patience));
        await _script.WaitForExitAsync();
        return _script.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_script.HasExited)
        {
            _script.Kill();
            await _script.WaitForExitAsync();
        }

        _script.Dispose();
    }

    private static string Shown(string text) => Escape().Replace(Erased().Replace(text, ""), "").Replace("\r", "", StringComparison.Ordinal);

    // What is under way is shown until it is erased.
    [GeneratedRegex(@"[^\n]*\r\u001b\[2K")]
    private static partial Regex Erased();

    // CSI sequences and modes (ECMA-48), as bash and Spectre write them.
    [GeneratedRegex(@"\u001b\[[0-9;?]*[A-Za-z]|\u001b[=>]")]
    private static partial Regex Escape();
}
