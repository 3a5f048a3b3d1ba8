using System.Text.RegularExpressions;

namespace NetLab.Tests.Forwarding;

/// <summary>Does what a reason advises: the commands as they are printed, in the node that is named, and no others.</summary>
internal static partial class Remedy
{
    /// <summary>The commands of an advice: of several ways, the first that is one; each with the node that it says, or null.</summary>
    public static IReadOnlyList<(string Command, string? Node)> CommandsOf(string remedy)
    {
        var ways = remedy.Split(", or ").Select(way =>
        {
            var node = NodePattern().Match(way) is { Success: true } named ? named.Groups[1].Value : null;
            return CommandPattern().Matches(way).Select(m => (m.Groups["command"].Value.TrimEnd('.', ','), node)).ToList();
        });
        return ways.FirstOrDefault(commands => commands.Count > 0) ?? [];
    }

    /// <summary>Applies what the reason advises.</summary>
    public static async Task ApplyAsync(this Reason reason)
    {
        var commands = CommandsOf(reason.Remedy ?? "");
        Assert.True(commands.Count > 0, $"No command is advised:{Environment.NewLine}{reason.Describe()}");
        foreach (var (command, name) in commands)
        {
            Assert.DoesNotMatch(PlaceholderPattern(), command);
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

    [GeneratedRegex(@"(?<![\w-])(?<command>(?:ip|bridge|tc|nft|sysctl|ethtool|ovs-vsctl|ovs-ofctl|ovs-appctl|iptables|ip6tables) "
        + "(?:(?!; |, in node | in node |, and )[^()])+)")]
    private static partial Regex CommandPattern();

    [GeneratedRegex(@"in node ([^\s,;.)]+)")]
    private static partial Regex NodePattern();

    [GeneratedRegex(@"\b(DEVICE|PORT|MAC|VLAN|BRIDGE|NODE|ADDRESS|MARK)\b")]
    private static partial Regex PlaceholderPattern();
}
