using System.Text.RegularExpressions;
using NetLab.Linux.Bpf;
using NetLab.Linux.Probe;
using NetLab.Xunit;

namespace NetLab.Tests.Forwarding;

/// <summary>The catalogue of causes is what the code gives, no more and no less, and the page about it is printed from it.</summary>
public sealed partial class CausesTests
{
    private static readonly string Root = SourceTree.Root;

    [Fact]
    public void Every_cause_says_what_it_means_what_confirms_it_and_what_to_do() => Assert.All(Causes.All, c =>
    {
        Assert.Matches("^[a-z0-9]+(-[a-z0-9]+)*$", c.Word);
        Assert.EndsWith(".", c.Meaning, StringComparison.Ordinal);
        Assert.NotEmpty(c.ConfirmedBy);
        Assert.NotEmpty(c.Advice);
        Assert.DoesNotMatch(Gap(), c.Advice);
        Assert.Same(c, Causes.Find(c.Word));
    });

    [Fact]
    public void A_cause_has_the_name_of_its_word()
    {
        var properties = typeof(Causes).GetProperties().Where(p => p.PropertyType == typeof(Cause));
        Assert.All(properties, p =>
            Assert.Equal(p.Name, string.Concat(((Cause)p.GetValue(null)!).Word.Split('-').Select(w => char.ToUpperInvariant(w[0]) + w[1..]))));
    }

    // A reason takes a cause and not a string, so that none is outside of the catalogue; what remains is that each is given somewhere.
    [Fact]
    public void Every_cause_of_the_catalogue_is_given_by_the_code()
    {
        var given = Directory.EnumerateFiles(Path.Combine(Root, "src", "NetLab"), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/Catalogue/", StringComparison.Ordinal) && !f.Contains("/obj/", StringComparison.Ordinal))
            .SelectMany(f => Named().Matches(File.ReadAllText(f)).Select(m => m.Groups[1].Value)).ToHashSet();
        Assert.Empty(typeof(Causes).GetProperties().Where(p => p.PropertyType == typeof(Cause)).Select(p => p.Name).Except(given));
    }

    // Names of devices may be words of iproute2: `ip link set up mtu 1400` is no command for a device named up.
    [Fact]
    public void A_command_of_a_remedy_has_no_gap_and_names_the_device_as_one()
    {
        string[] lines = [.. Directory.EnumerateFiles(Path.Combine(Root, "src", "NetLab"), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/Catalogue/", StringComparison.Ordinal) && !f.Contains("/obj/", StringComparison.Ordinal))
            .SelectMany(File.ReadAllLines).Where(l => !l.TrimStart().StartsWith("//", StringComparison.Ordinal))];
        string[] commands = [.. lines.SelectMany(l => Commands().Matches(l)).Select(m => m.Value)];
        Assert.True(commands.Length > 60, $"only {commands.Length} commands were found");
        Assert.DoesNotContain(commands, c => Remedy.PlaceholderPattern().IsMatch(c));
        Assert.DoesNotContain(commands, c => c.StartsWith("ip link set ", StringComparison.Ordinal)
            && !c.StartsWith("ip link set dev ", StringComparison.Ordinal));
    }

    [Fact]
    public void The_page_about_causes_is_printed_from_the_catalogue() =>
        Assert.Equal(File.ReadAllText(Path.Combine(Root, "docs", "causes.md")), Causes.ToMarkdown());

    [LabFact(Feature.BpfTracing)]
    public void Every_named_reason_of_this_kernel_has_its_sentence()
    {
        string[] names = [.. Btf.ReadKernel(["skb_drop_reason"]).EnumConstants("skb_drop_reason").Select(c => c.Name)];
        Assert.NotEmpty(names);
        Assert.Empty(names.Select(n => n.Replace("SKB_DROP_REASON_", "", StringComparison.Ordinal)).Except(KernelReasons.All.Keys)
            .Except(["SKB_NOT_DROPPED_YET", "SKB_CONSUMED", "NOT_SPECIFIED", "MAX", "SUBSYS_MASK"]));
    }

    [GeneratedRegex("(?:ip (?:-6 |\\{[^}]*\\})?(?:link|address|route|rule|neigh|xfrm) |bridge (?:link|fdb|vlan|mdb) |tc (?:-s )?(?:qdisc|filter) |sysctl -w "
        + "|nft (?:add|delete) |ovs-\\w+ |conntrack )[^\"]*")]
    private static partial Regex Commands();

    // A command in which a word stands for another.
    [GeneratedRegex(@"`[^`]*\b(?:DEVICE|PORT|MAC|VLAN|BRIDGE|NODE|ADDRESS|MARK|GATEWAY|REMOTE|PREFIX|SELECTOR|TUNNEL|PEER|NAME|TABLE|HANDLE)\b[^`]*`")]
    private static partial Regex Gap();

    [GeneratedRegex(@"\bCauses\.(\w+)")]
    private static partial Regex Named();
}
