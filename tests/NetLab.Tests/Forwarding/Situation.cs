using System.Text.RegularExpressions;
using NetLab.Packets;

namespace NetLab.Tests.Forwarding;

/// <summary>A network in which something is wrong, and its VMs by name; the first of them sends.</summary>
internal sealed class WiredScene(FrameTracing tracing) : IAsyncDisposable
{
    public Lab Lab { get; } = new(new LabOptions { Tracing = tracing });

    public FakeVm this[string vm] => Lab.Vms.Single(v => v.Name == vm);

    public Node Node(string name) => Lab.Nodes.Single(n => n.Name == name);

    /// <summary>Two bridges, each in a node of its own, and a link between them: vm1 at the first, vm2 and so on at the second.</summary>
    public Task BuildTwoBridgesAsync(int beyond = 2)
    {
        Node a = Lab.AddNode("a"), b = Lab.AddNode("b");
        Bridge first = a.AddBridge("br0"), second = b.AddBridge("br0");
        Lab.AddLink(first.End("v0"), second.End("v1"));
        a.AddVm("vm1", first, vm => vm.Address("10.0.0.1/24"));
        for (var i = 2; i < 2 + beyond; i++)
        {
            var address = $"10.0.0.{i}/24";
            b.AddVm($"vm{i}", second, vm => vm.Address(address));
        }

        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => Lab.DisposeAsync();
}

/// <summary>One thing that is wrong in a network, and what must be told of a frame that does not arrive because of it.</summary>
/// <param name="Cause">The cause.</param>
/// <param name="Place">Where.</param>
/// <param name="Says">Words of the sentence.</param>
/// <param name="Break">What is done before, each with its node, a where none is said: <c>b: ip link set dev v1 down</c>; VM2 is its MAC address.</param>
internal sealed partial record Situation(string Cause, string Place, string Says, params string[] Break)
{
    /// <summary>Who sends the frame.</summary>
    public string From { get; init; } = "vm1";

    /// <summary>Who should get the frame.</summary>
    public string To { get; init; } = "vm2";

    /// <summary>The frame; without one a datagram of <see cref="Length"/> bytes.</summary>
    public Func<WiredScene, Frame>? Frame { get; init; }

    public int Length { get; init; } = 20;

    /// <summary>Whether a command is advised that brings the frame there; else the advice is words.</summary>
    public bool Mends { get; init; } = true;

    /// <summary>Where, as rules alone tell it: of a bridged packet netfilter knows no port. Null for <see cref="Place"/>.</summary>
    public string? PlaceByRules { get; init; }

    /// <summary>Whether only the kernel's tracepoints tell it: by packet sockets nothing is told, and no guess either.</summary>
    public bool OnlyByKernel { get; init; }

    /// <summary>Both levels, side by side.</summary>
    public Task CheckAsync(Func<WiredScene, Task> build) =>
        Task.WhenAll(new[] { FrameTracing.Kernel, FrameTracing.PacketSockets }.Select(level => Task.Run(() => CheckAsync(build, level))));

    /// <summary>One level.</summary>
    public async Task CheckAsync(Func<WiredScene, Task> build, FrameTracing tracing)
    {
        await using var scene = new WiredScene(tracing);
        await build(scene);
        await scene.Lab.ApplyAsync();
        foreach (var (node, command) in Break.Select(line => line.Split(": ", 2) is [var node, var command] ? (node, command) : ("a", line)))
        {
            await scene.Node(node).DoAsync(VmPattern().Replace(command, vm => $"{scene[vm.Value.ToLowerInvariant()].Mac}"));
        }

        await scene.Lab.SettleAsync();
        var (from, to) = (scene[From], scene[To]);
        var frame = Frame?.Invoke(scene) ?? NetLab.Packets.Frame.Udp(from.Mac, to.Mac, from.Address, to.Address, 40_000, 53, new byte[Length],
            new IpOptions { Identification = 4711 });
        var fate = await from.SendAsync(frame);

        // The VMs are the witnesses.
        Assert.All(scene.Lab.Vms, vm => Assert.True(HasRead(vm, frame) == fate.Copies.Any(c => c.Vm == vm),
            $"{vm.Name}:{Environment.NewLine}{fate.Describe()}"));
        var message = Assert.Throws<ForwardingException>((Action)(() => fate.ShouldReach(to))).Message;
        var reason = fate.WhyNot(to);
        if (OnlyByKernel && tracing is FrameTracing.PacketSockets)
        {
            Assert.True(reason is null, message);
            return;
        }

        Assert.True(reason is not null, message);
        var place = tracing is FrameTracing.PacketSockets ? PlaceByRules ?? Place : Place;
        Assert.True((Cause, place) == (reason.Cause.Word, reason.Place), message);
        Assert.Contains(Says, reason.Sentence, StringComparison.Ordinal);
        Assert.NotEmpty(reason.Evidence);
        Remedy.HasNoGap(reason.Remedy);
        Assert.Equal(2, message.Split(reason.Sentence).Length); // told once
        if (!Mends)
        {
            Assert.Empty(Remedy.CommandsOf(reason.Remedy ?? ""));
            return;
        }

        await reason.ApplyAsync();
        await scene.Lab.SettleAsync();
        var again = await from.SendAsync(frame);
        Assert.True(HasRead(to, frame), $"{reason.Remedy}{Environment.NewLine}{again.Describe()}");
        again.ShouldReach(to);
    }

    // Tags and a tunnel's headers stand before what was sent.
    private static bool HasRead(FakeVm vm, Frame sent) => vm.Received.Any(r => r.Frame.Bytes.Span.EndsWith(sent.Bytes.Span[^20..]));

    [GeneratedRegex(@"\bVM\d\b")]
    private static partial Regex VmPattern();
}
