using NetLab.Linux.Processes;

namespace NetLab.Linux.Netfilter;

/// <summary>
/// Rules in the words of the programs of iptables. Those programs number the rules of a chain from 1, in the order in which nft lists them,
/// so the n-th is the n-th.
/// </summary>
internal static class IptablesWords
{
    private static readonly string[] Tables = ["filter", "nat", "mangle", "raw", "security", "broute"];

    /// <summary>
    /// The rule (number 0: the policy) of a chain of nftables; null when the chain does not look as if the iptables of that family had made it.
    /// </summary>
    public static async Task<string?> FindAsync(ProcessGroup programs, NetworkNamespace ns, NftFamily family, string table, string chain, int number, int rules)
    {
        var program = family switch
        {
            NftFamily.Ip => "iptables",
            NftFamily.Ip6 => "ip6tables",
            NftFamily.Bridge => "ebtables",
            NftFamily.Arp => "arptables",
            _ => null,
        };
        if (program is null || !Tables.Contains(table))
        {
            return null;
        }

        var lines = await ListAsync(programs, ns, program + "-nft", table, chain).ConfigureAwait(false);
        return lines is not null && lines.Count(l => l.StartsWith("-A ", StringComparison.Ordinal)) == rules ? Pick(program, table, lines, number) : null;
    }

    /// <summary>The rule (number 0: the policy) of a chain of iptables-legacy.</summary>
    public static async Task<string?> FindLegacyAsync(ProcessGroup programs, NetworkNamespace ns, string program, string table, string chain, int number)
    {
        var lines = await ListAsync(programs, ns, program, table, chain).ConfigureAwait(false);
        return lines is null ? null : Pick(program, table, lines, number);
    }

    private static string? Pick(string program, string table, IReadOnlyList<string> lines, int number)
    {
        var line = number == 0
            ? lines.FirstOrDefault(l => l.StartsWith("-P ", StringComparison.Ordinal))
            : lines.Where(l => l.StartsWith("-A ", StringComparison.Ordinal)).ElementAtOrDefault(number - 1);
        return line is null ? null : table == "filter" ? $"{program} {line}" : $"{program} -t {table} {line}";
    }

    // "-P CHAIN POLICY" and "-A CHAIN …" lines; null when the program is not there or does not know the chain.
    private static async Task<IReadOnlyList<string>?> ListAsync(ProcessGroup programs, NetworkNamespace ns, string program, string table, string chain)
    {
        var ebtables = program.StartsWith("ebtables", StringComparison.Ordinal);
        string[] wait = program.EndsWith("-legacy", StringComparison.Ordinal) ? ["-w"] : []; // one lock for the whole machine
        ProcessResult listing;
        try
        {
            listing = await programs.RunAsync(new ProcessStart(program, [.. wait, "-t", table, ebtables ? "-L" : "-S", chain]) { Namespace = ns })
                .ConfigureAwait(false);
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT)
        {
            return null;
        }

        if (listing.ExitCode != 0)
        {
            return null;
        }

        var lines = listing.Output.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return ebtables ? [.. lines.Select(l => EbtablesLine(l, chain)).OfType<string>()] : lines;
    }

    // ebtables -L prints "Bridge chain: FORWARD, entries: 1, policy: ACCEPT", then the rules from their conditions on.
    private static string? EbtablesLine(string line, string chain)
    {
        const string policy = "policy: ";
        if (line.StartsWith("Bridge table:", StringComparison.Ordinal))
        {
            return null;
        }

        return line.StartsWith("Bridge chain:", StringComparison.Ordinal)
            ? line.IndexOf(policy, StringComparison.Ordinal) is var at and >= 0 ? $"-P {chain} {line[(at + policy.Length)..]}" : null
            : $"-A {chain} {line}";
    }
}
