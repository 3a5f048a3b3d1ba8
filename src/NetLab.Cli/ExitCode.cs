namespace NetLab.Cli;

/// <summary>What the command's exit code says.</summary>
internal static class ExitCode
{
    /// <summary>All went as expected.</summary>
    public const int Fine = 0;

    /// <summary>An expectation failed, and nothing else.</summary>
    public const int Failed = 1;

    /// <summary>Wrong usage, or a file that is no scenario.</summary>
    public const int BadInput = 2;

    /// <summary>The machine lacks something, or allows too little.</summary>
    public const int Lacking = 3;

    /// <summary>A fault of netlab itself: EX_SOFTWARE of sysexits.h.</summary>
    public const int Fault = 70;

    /// <summary>Interrupted from the keyboard: 128 and SIGINT.</summary>
    public const int Interrupted = 130;

    private static readonly int[] WorstFirst = [Interrupted, Fault, BadInput, Failed, Lacking, Fine];

    /// <summary>Several scenarios have one exit code: an interruption, then a fault, bad input, then a failed expectation, then a machine that lacks
    /// something.</summary>
    public static int Worse(int a, int b) => Array.IndexOf(WorstFirst, a) < Array.IndexOf(WorstFirst, b) ? a : b;
}
