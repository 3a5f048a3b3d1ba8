using NetLab.Linux;
using NetLab.Linux.Netlink;

namespace NetLab;

/// <summary>Why a question got no answer, where the kernel dropped neither it nor the answer.</summary>
internal static class SilenceReasons
{
    public static Reason Of(AskedQuestion asked)
    {
        var (node, device) = (asked.First.Node, asked.First.Event.DeviceName);
        var seen = Evidence.Seen($"asked {asked.Times} {(asked.Times == 1 ? "time" : "times")} by {device}; nothing came back, and nothing of it was dropped.");
        if (asked.Question.Kind is QuestionKind.Arp or QuestionKind.NeighbourDiscovery)
        {
            return EntryOf(node, asked) is { } entry
                ? NeighbourReasons.Unresolved(node, device, entry, seen)
                : new Reason(Causes.NeighbourUnresolved, node, device, $"Nobody answered {node.Name}, which asked {asked.Question.Words}.", [seen],
                    $"see that {asked.Question.Target} is there and in the same network as {device}");
        }

        return new Reason(Causes.NoAnswer, node, device,
            $"{asked.Question.Target} did not answer, or its answer went elsewhere.", [seen],
            $"see that a program at {asked.Question.Target} answers, and has a route back (ip route get, there); follow one question: netlab explain, "
                + "or node.FollowAsync");
    }

    private static NeighbourInfo? EntryOf(Node node, AskedQuestion asked)
    {
        try
        {
            return node.Live.Route.GetNeighbours(asked.First.Event.InterfaceIndex)
                .FirstOrDefault(n => n.Address.Equals(asked.Question.Target) && n.State is NeighbourState.Incomplete or NeighbourState.Failed);
        }
        catch (LinuxException)
        {
            return null; // the device is gone
        }
    }
}
