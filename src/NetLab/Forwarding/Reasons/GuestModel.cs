using NetLab.Packets;

namespace NetLab;

/// <summary>Why a fake VM answers nothing: a guest's own settings and routes.</summary>
internal static class GuestModel
{
    /// <summary>The reason, or null where the guest would answer.</summary>
    public static Reason? WhyNoAnswer(FakeVm vm, Frame asked)
    {
        var isQuestion = asked.Arp is not null || asked.NeighborSolicitation is not null;
        if (InAnotherVlan(vm, asked) is { } elsewhere)
        {
            return elsewhere;
        }

        if (isQuestion ? !vm.AnswersArp : !vm.AnswersPing && asked.Tcp is null && asked.Udp is null)
        {
            var what = isQuestion ? "ARP requests and neighbour solicitations" : "pings";
            return Of(vm, Causes.GuestSilent, $"VM {vm.Name} answers no {what}: it is described so.",
                isQuestion ? "let it: AnswersArp" : "let it: AnswersPing");
        }

        if (asked.Udp is not null)
        {
            return Of(vm, Causes.GuestSilent, $"VM {vm.Name} got it, and answers nothing: a fake VM has no programs, only the test's own code can answer.",
                "ask a node, in which a program listens");
        }

        if (asked.Tcp is { } segment && vm.Listens is null)
        {
            return Of(vm, Causes.GuestSilent, $"VM {vm.Name} got it, and answers nothing: it has no TCP, only the test's own code can answer.",
                $"let it: `listens: [{segment.DestinationPort}]` in a scenario, or vm => vm.Listen({segment.DestinationPort})");
        }

        var back = StackModel.Ends(asked)?.From;
        return isQuestion || back is null ? null
            : vm.FindNextHop(back) is not { } next
                ? Of(vm, Causes.GuestNoRoute,
                    $"VM {vm.Name} got it, and has no way back to {back}: {vm.WhyNoWay}.",
                    $"give the VM a gateway or a route to {back}: `gateway:` or `routes:` in a scenario, vm => vm.Gateway(…) or vm => vm.Route(…)")
            : vm.Neighbours.ContainsKey(next) ? null
            : Of(vm, Causes.NeighbourUnresolved, $"VM {vm.Name} got it, and does not know who has {next}, by which its way back goes: nobody answered its "
                + $"{(asked.Ipv6 is null ? "ARP request" : "neighbour solicitation")}.", $"see that {next} is there and in the same network as {vm.Name}");
    }

    // A guest has each address in one VLAN, or without a tag, and answers for it there.
    private static Reason? InAnotherVlan(FakeVm vm, Frame asked)
    {
        int? tag = asked.VlanId is > 0 and var id ? id : null;
        var to = asked.Arp is { } arp ? arp.TargetIp : asked.NeighborSolicitation is { } solicitation ? solicitation.Target : StackModel.Ends(asked)?.To;
        List<int?> vlans = [.. vm.Tagged.Where(one => one.Own.Address.Equals(to)).Select(one => one.Vlan)];
        if (vlans is not [var own, ..] || vlans.Contains(tag))
        {
            return null;
        }

        return Of(vm, Causes.VlanUnknown,
            $"The frame came to VM {vm.Name} {(tag is { } came ? $"with the tag of VLAN {came}" : "without a tag")}, and {vm.Name} has {to} "
                + $"{(own is { } vlan ? $"in VLAN {vlan}" : "without a tag")} alone: it answers for it there.",
            own is null ? $"let the switch take the tag off at {vm.Tap.Name}, or send it without one" : $"send it in VLAN {own}, or let the switch tag it so");
    }

    private static Reason Of(FakeVm vm, Cause cause, string sentence, string remedy) =>
        new(cause, vm.Node, vm.Tap.Name, sentence, [new Evidence("guest", $"{vm.Name}: addresses {string.Join(", ", vm.AllAddresses)}, gateway "
            + $"{vm.Gateway?.ToString() ?? "none"}, routes {(vm.Routes.Count == 0 ? "none" : string.Join(", ", vm.Routes))}, "
            + $"answers ARP {OnOff(vm.AnswersArp)}, ping {OnOff(vm.AnswersPing)}.")], remedy);

    private static string OnOff(bool on) => on ? "on" : "off";
}
