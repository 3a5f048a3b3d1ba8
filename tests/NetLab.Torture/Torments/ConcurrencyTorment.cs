using NetLab.Packets;

namespace NetLab.Torture;

/// <summary>Fake VMs on two nodes that all ping each other at once, and send to each other at once: no ping fails, and no verdict is wrong.</summary>
internal sealed class ConcurrencyTorment : ITorment
{
    public string Name => "concurrency";

    public string Unit => "pings and fates";

    public async Task<long> TurnAsync(Random random, CancellationToken ct)
    {
        await using var lab = new Lab();
        Bridge left = lab.AddNode("left").AddBridge("br0"), right = lab.AddNode("right").AddBridge("br0");
        lab.AddLink(left, right);
        var vms = new List<FakeVm>();
        for (int i = 1, count = random.Next(2, 9); i <= count; i++)
        {
            var bridge = i % 2 == 0 ? left : right;
            vms.Add(bridge.Node.AddVm($"vm{i}", bridge, vm => vm.Address($"10.0.0.{i}/24")));
        }

        await lab.ApplyAsync(ct).ConfigureAwait(false);
        List<(FakeVm From, FakeVm To)> pairs = [.. vms.SelectMany(a => vms.Where(b => b != a).Select(b => (a, b)))];
        var answered = await Task.WhenAll(pairs.Select(p => p.From.PingAsync(p.To))).ConfigureAwait(false);
        if (answered.FirstOrDefault(p => !p.Succeeded) is { } failed)
        {
            throw new TortureException($"{answered.Count(p => !p.Succeeded)} of {answered.Length} pings at once failed, the first: {failed}");
        }

        var fates = await Task.WhenAll(pairs.Select(p => p.From.SendAsync(Frame.Udp(p.From, p.To, 53, "hello")))).ConfigureAwait(false);
        foreach ((var fate, (_, var to)) in fates.Zip(pairs))
        {
            fate.ShouldReach(to).Once();
        }

        return pairs.Count * 2;
    }
}
