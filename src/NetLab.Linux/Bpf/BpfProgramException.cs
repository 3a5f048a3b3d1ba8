namespace NetLab.Linux.Bpf;

/// <summary>The kernel refused to load a BPF program. The end of its verifier's log is in the message, all of it in <see cref="VerifierLog"/>.</summary>
public sealed class BpfProgramException : LinuxException
{
    private const int LinesInMessage = 12;

    /// <summary>Makes the exception for one refused program.</summary>
    /// <param name="doing">What was being done.</param>
    /// <param name="errno">The error number, positive.</param>
    /// <param name="verifierLog">What the verifier wrote; empty when the program was refused before it was looked at.</param>
    public BpfProgramException(string doing, int errno, string verifierLog)
        : base(doing, errno, End(verifierLog), verifierLog.Length == 0 ? BpfKernel.Hint(errno)
            : "The programs are made for each kernel from its BTF; please report this log with the output of uname -r")
    {
        VerifierLog = verifierLog;
    }

    /// <summary>All that the verifier wrote; empty when the program was refused before it was looked at.</summary>
    public string VerifierLog { get; }

    private static string? End(string log)
    {
        var lines = log.TrimEnd().Split('\n');
        return log.Length == 0 ? null : string.Join('\n', lines[Math.Max(0, lines.Length - LinesInMessage)..]);
    }
}
