using System.Text.RegularExpressions;
using NetLab.Linux;
using NetLab.Linux.Netfilter;
using NetLab.Linux.Processes;

namespace NetLab;

// What the programs of netfilter say. None of them is run before the kernel has said that there is something to list: listing an empty table makes it.
internal sealed partial class StateReader
{
    private static readonly (NftFamily Family, string Program)[] IptablesOfNft =
        [(NftFamily.Ip, "iptables-nft"), (NftFamily.Ip6, "ip6tables-nft"), (NftFamily.Bridge, "ebtables-nft"), (NftFamily.Arp, "arptables-nft")];

    // Each file lists the tables that the legacy program has made in the namespace.
    private static readonly (string Names, string Program)[] LegacyTables =
        [("/proc/net/ip_tables_names", "iptables-legacy"), ("/proc/net/ip6_tables_names", "ip6tables-legacy"),
            ("/proc/net/arp_tables_names", "arptables-legacy")];

    /// <summary>The program that lists nftables; a test takes it away.</summary>
    internal string Nft { get; init; } = "nft";

    public async Task<NodeState> AddFirewallAsync(NodeState state, CancellationToken ct)
    {
        var iptables = new List<IptablesEntry>();
        List<NftEntry> nft = [];
        string? ruleset = null;
        if (Part("nft tables", () => NftTables.Read(_ns)).Any(t => t.Name != NftTrace.ArmingTable)
            && await RunAsync("nft ruleset", Nft, ["-a", "list", "ruleset"], ct).ConfigureAwait(false) is { } listing)
        {
            ruleset = ArmedTables().Replace(listing.Output, "");
            nft = NftListing.Parse(listing.Output, listing.Error).FindAll(e => e.Table != NftTrace.ArmingTable);
            foreach (var (family, program) in IptablesOfNft)
            {
                if (nft.Exists(e => e.IsIptables && e.Family == family)
                    && await RunAsync($"{program} rules", $"{program}-save", [], ct).ConfigureAwait(false) is { } saved)
                {
                    iptables.AddRange(IptablesSaved.Parse(program, saved.Output));
                }
                else
                {
                    nft = nft.ConvertAll(e => e.Family == family ? e with { IsIptables = false } : e);
                }
            }
        }

        foreach (var (names, program) in LegacyTables)
        {
            if (HasTables(names) && await RunAsync($"{program} rules", $"{program}-save", [], ct).ConfigureAwait(false) is { } saved)
            {
                iptables.AddRange(IptablesSaved.Parse(program, saved.Output));
            }
        }

        // The kernel does not tell which tables legacy ebtables has, and makes the one that is asked for.
        if (Directory.Exists("/sys/module/ebtables"))
        {
            Refuse("ebtables-legacy rules",
                "the kernel has legacy ebtables loaded, and looking at its tables would make them. Look with ebtables-legacy -L in the node");
        }

        return state with { Nft = nft, NftRuleset = ruleset, Iptables = iptables, NotRead = [.. _unread] };
    }

    // As nft prints it while frames are traced: "table bridge netlab_trace { … }", with a closing brace at the beginning of a line.
    [GeneratedRegex($@"^table \S+ {NftTrace.ArmingTable} \{{.*?^\}}\n?", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex ArmedTables();

    private bool HasTables(string names)
    {
        try
        {
            using var file = new StreamReader(new FileStream(_ns.OpenFile(names, 0), FileAccess.Read, 1));
            return file.ReadToEnd().Trim().Length > 0;
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT)
        {
            return false; // The kernel has no legacy tables.
        }
    }

    private async Task<ProcessResult?> RunAsync(string part, string program, string[] arguments, CancellationToken ct)
    {
        try
        {
            var result = await node.Lab.Processes.RunAsync(new ProcessStart(program, arguments) { Namespace = _ns }, null, ct).ConfigureAwait(false);
            if (result.ExitCode == 0)
            {
                return result;
            }

            Refuse(part, $"{result.Start} ended with exit code {result.ExitCode}: {result.Error}");
        }
        catch (LinuxException e)
        {
            Refuse(part, e.Message);
        }

        return null;
    }
}
