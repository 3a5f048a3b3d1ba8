using System.Text.RegularExpressions;

namespace NetLab.Tests.Forwarding;

/// <summary>Does what a reason advises: the commands as they are printed, in the node that is named, and no others.</summary>
internal static partial class Remedy
{
    /// <summary>The commands of an advice: of several ways, the first that is one; each with the node that it says, or null.</summary>
    public static IReadOnlyList<(string Command, string? Node)> CommandsOf(string remedy)
    {
        return WaysOf(remedy).FirstOrDefault(commands => commands.Count > 0) ?? [];
    }

    /// <summary>No command of an advice, whichever way of several, has a word in it that stands for another.</summary>
    public static void HasNoGap(string? remedy) =>
        Assert.All(WaysOf(remedy ?? "").SelectMany(way => way), c => Assert.DoesNotMatch(PlaceholderPattern(), c.Command));

    private static IEnumerable<List<(string Command, string? Node)>> WaysOf(string remedy) => remedy.Split(", or ").Select(way =>
    {
        var node = NodePattern().Match(way) is { Success: true } named ? named.Groups[1].Value : null;
        return CommandPattern().Matches(way).Select(m => (m.Groups["command"].Value.TrimEnd('.', ','), node)).ToList();
    });

    /// <summary>Applies what the reason advises.</summary>
    public static async Task ApplyAsync(this Reason reason)
    {
        var commands = CommandsOf(reason.Remedy ?? "");
        HasNoGap(reason.Remedy);
        Assert.True(commands.Count > 0, $"No command is advised:{Environment.NewLine}{reason.Describe()}");
        foreach (var (command, name) in commands)
        {
            var node = name is null ? reason.Node : reason.Node.Lab.Nodes.Single(n => n.Name == name);
            await node.DoAsync(command);
        }
    }

    /// <summary>Applies what the reason advises, sends the frame again, and the VM gets it.</summary>
    public static async Task MendsAsync(this Reason reason, Func<Task<Fate>> again, FakeVm receiver)
    {
        await reason.ApplyAsync();
        var before = receiver.Received.Count;
        (await again()).ShouldReach(receiver);
        Assert.True(receiver.Received.Count > before, "The VM read nothing.");
    }

    /// <summary>Applies what the reason advises, sends the frame again, and it arrives where <paramref name="hasArrived"/> looks.</summary>
    public static async Task MendsAsync(this Reason reason, Func<Task<Fate>> again, Func<bool> hasArrived)
    {
        await reason.ApplyAsync();
        Assert.False(hasArrived());
        var fate = await again();
        Assert.True(hasArrived(), fate.Describe());
    }

    [GeneratedRegex(@"(?<![\w-])(?<command>(?:ip|bridge|tc|nft|sysctl|ethtool|conntrack|ovs-vsctl|ovs-ofctl|ovs-appctl|(?:ip6?|eb|arp)tables(?:-legacy)?) "
        + "(?:'[^']*'|(?!; |, in node | in node |, and )[^()'])+)")]
    private static partial Regex CommandPattern();

    [GeneratedRegex(@"in node ([^\s,;.)]+)")]
    private static partial Regex NodePattern();

    /// <summary>A word in capitals that stands for another, or what is left out; names of chains, verdicts and flags are none.</summary>
    [GeneratedRegex(@"\b(?:DEVICE|PORT|MAC|VLAN|BRIDGE|NODE|ADDRESS|MARK|GATEWAY|REMOTE|PREFIX|SELECTOR|TUNNEL|PEER|NAME|TABLE|HANDLE)\b|…")]
    public static partial Regex PlaceholderPattern();
}
