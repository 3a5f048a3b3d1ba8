using System.Text;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests.Capture;

/// <summary>Captures of every node: what is in them, in which order, and that nothing is missing unsaid.</summary>
public sealed class CaptureTests : IAsyncLifetime
{
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"netlab-{Guid.NewGuid():N}.pcapng");
    private readonly Lab _lab = new();
    private readonly FakeVm _vm1, _vm2;

    // Two compute nodes, a bridge in each, a veth pair between them.
    public CaptureTests()
    {
        Bridge left = _lab.AddNode("left").AddBridge("br0"), right = _lab.AddNode("right").AddBridge("br0");
        _lab.AddLink(left.End("up"), right.End("up"));
        _vm1 = left.Node.AddVm("vm1", left, vm => vm.Address("10.0.0.1/24"));
        _vm2 = right.Node.AddVm("vm2", right, vm => vm.Address("10.0.0.2/24"));
    }

    public Task InitializeAsync() => _lab.ApplyAsync();

    public async Task DisposeAsync()
    {
        await _lab.DisposeAsync();
        File.Delete(_file);
    }

    [LabFact]
    public async Task A_frame_is_captured_once_at_each_device_that_it_crosses_in_the_order_of_its_way()
    {
        await using var capture = _lab.Capture();
        var sent = Frame.Udp(_vm1, _vm2, 53, "hello");
        _vm1.Inject(sent.Bytes.Span);
        await capture.StopAsync();

        Assert.Equal(
            ["left/tap-vm1 In", "left/up Out", "right/up In", "right/tap-vm2 Out"],
            capture.Frames.Where(f => f.Frame.Udp is not null && f.DeviceName != "br0").Select(f => $"{f.Node}/{f.DeviceName} {f.Direction}"));
        Assert.All(capture.Frames, f => Assert.Equal(sent.Bytes.ToArray(), f.Frame.Bytes.ToArray()));
        Assert.Same(_vm2.Tap, capture.Frames.Single(f => f.DeviceName == "tap-vm2").Device);
        Assert.Equal(0, capture.Lost);
    }

    [LabFact]
    public async Task Many_frames_of_several_nodes_are_all_there_and_in_the_order_of_their_stamps()
    {
        const int Total = 20_000;
        using var to = _vm2.OpenStream();
        await using var capture = _lab.Capture();
        for (var n = 0; n < Total; n++)
        {
            _vm1.Inject(Frame.Udp(_vm1, _vm2, 53, $"{n}").Bytes.Span);
            await to.ReceiveAsync();
        }

        await capture.StopAsync();
        Assert.Equal(0, capture.Lost);
        var frames = capture.Frames;
        Assert.Equal(frames.Select(f => f.TimestampNanoseconds).Order(), frames.Select(f => f.TimestampNanoseconds));
        foreach (var device in new[] { "left/tap-vm1", "left/up", "right/up", "right/tap-vm2" })
        {
            Assert.Equal(
                Enumerable.Range(0, Total).Select(n => $"{n}"),
                frames.Where(f => $"{f.Node}/{f.DeviceName}" == device).Select(f => Encoding.UTF8.GetString(f.Frame.Udp!.Value.Payload.Span)));
        }

        Assert.Equal(frames.Count, capture.Counts.Sum(c => c.Captured));
    }

    [LabFact]
    public async Task A_file_has_an_interface_for_each_device_with_directions_and_nanoseconds()
    {
        var before = Now();
        await using (var capture = _lab.Capture(_file))
        {
            (await _vm1.PingAsync(_vm2)).ShouldSucceed();
            Assert.Throws<InvalidOperationException>(() => capture.Frames);
        }

        var file = CaptureFile.Read(_file);
        Assert.True(file.Defect.IsNone);
        Assert.Superset(
            new HashSet<string?> { "left/br0", "left/up", "left/tap-vm1", "right/br0", "right/up", "right/tap-vm2" },
                file.Interfaces.Select(i => i.Name).ToHashSet());
        Assert.Equal(_vm2.Tap.Mac, file.Interfaces.Single(i => i.Name == "right/tap-vm2").Mac);
        Assert.Equal(
            ["left/tap-vm1 Inbound", "left/up Outbound", "right/up Inbound", "right/tap-vm2 Outbound"],
            file.Packets.Where(p => p.Frame!.Icmp?.Type == IcmpType.EchoRequest).Select(p => $"{p.Interface.Name} {p.Direction}"));
        Assert.All(file.Packets, p => Assert.InRange(p.TimestampNanoseconds, before, Now()));
        Assert.Contains(file.Packets, p => p.TimestampNanoseconds % 1000 != 0);
    }

    [LabFact]
    public async Task A_VLAN_tag_is_in_the_bytes_where_it_was_on_the_wire()
    {
        await using var capture = _lab.Capture();
        var sent = Frame.Udp(_vm1, _vm2, 53, "tagged").WithVlan(7);
        _vm1.Inject(sent.Bytes.Span);
        await capture.StopAsync();
        var captured = capture.Frames.Single(f => f.Node.Name == "right" && f.DeviceName == "up");
        Assert.Equal(sent.Bytes.ToArray(), captured.Frame.Bytes.ToArray());
        Assert.Equal(7, captured.Frame.VlanTags.Single().Id);
    }

    [LabFact]
    public async Task What_comes_after_the_stop_is_not_in_it_and_a_new_capture_begins_with_the_next_frame()
    {
        await using var first = _lab.Capture();
        _vm1.Inject(Frame.Udp(_vm1, _vm2, 1, "first").Bytes.Span);
        await first.StopAsync();
        var frames = first.Frames.Count;
        _vm1.Inject(Frame.Udp(_vm1, _vm2, 2, "second").Bytes.Span);
        await using var second = _lab.Capture();
        _vm1.Inject(Frame.Udp(_vm1, _vm2, 3, "third").Bytes.Span);
        await second.StopAsync();
        await second.StopAsync();

        Assert.Equal(frames, first.Frames.Count);
        Assert.All(second.Frames, f => Assert.Equal(3, f.Frame.Udp!.Value.DestinationPort));
        Assert.NotEmpty(second.Frames);
    }

    [LabFact]
    public async Task A_capture_of_a_node_sees_that_node_alone()
    {
        await using var capture = _vm2.Node.Capture();
        _vm1.Inject(Frame.Udp(_vm1, _vm2, 53, "hello").Bytes.Span);
        await capture.StopAsync();
        Assert.NotEmpty(capture.Frames);
        Assert.All(capture.Frames, f => Assert.Same(_vm2.Node, f.Node));
    }

    [LabFact]
    public async Task A_node_that_is_applied_later_is_captured_too()
    {
        await using var capture = _lab.Capture();
        var host = _lab.AddHost("host", (Bridge)_vm1.Node.Device("br0"), "10.0.0.9/24");
        await _lab.ApplyAsync();
        (await _vm1.PingAsync(host)).ShouldSucceed();
        await capture.StopAsync();
        Assert.Contains(capture.Frames, f => f.Node == host && f.Direction == HopDirection.Out && f.Frame.Icmp?.Type == IcmpType.EchoReply);
    }

    [LabFact]
    public async Task What_does_not_fit_is_counted_in_the_capture_and_in_the_file()
    {
        const int Sent = 3_000;
        var capture = _vm1.Node.Capture(_file, new CaptureOptions { RingBytes = 1 });
        var frame = Frame.Udp(_vm1.Mac, _vm1.Mac, _vm1.Address, _vm1.Address, 1, 2, new byte[1400]).Bytes.ToArray();
        lock (capture.Gate)
        {
            // Nobody empties the ring meanwhile; its four blocks are soon full.
            for (var n = 0; n < Sent; n++)
            {
                _vm1.Inject(frame);
            }
        }

        await capture.StopAsync();
        var count = Assert.Single(capture.Counts);
        Assert.InRange(count.Captured, 1, Sent - 100);
        Assert.Equal(Sent, count.Captured + count.Lost);
        Assert.Equal(count.Captured, CaptureFile.Read(_file).Packets.Count);
        Assert.Contains($"{count.Lost} frames of node left are lost", Encoding.UTF8.GetString(await File.ReadAllBytesAsync(_file)), StringComparison.Ordinal);
    }

    [LabFact]
    public async Task A_capture_ends_with_its_lab()
    {
        var capture = _lab.Capture();
        _vm1.Inject(Frame.Udp(_vm1, _vm2, 53, "hello").Bytes.Span);
        await _lab.DisposeAsync();
        await capture.StopAsync();
        Assert.Contains(capture.Frames, f => f.DeviceName == "tap-vm1");
    }

    [LabFact]
    public async Task A_capture_in_memory_keeps_as_many_frames_as_it_may_and_counts_the_rest()
    {
        await using var capture = _vm1.Node.Capture(options: new CaptureOptions { MostFrames = 3 });
        for (var n = 0; n < 10; n++)
        {
            _vm1.Inject(Frame.Udp(_vm1, _vm2, 53, "hello").Bytes.Span);
        }

        await capture.StopAsync();
        Assert.Equal(3, capture.Frames.Count);
        Assert.Equal(capture.Counts.Single().Captured - 3, capture.Omitted);
    }

    [LabFact]
    public void A_file_that_cannot_be_written_is_said_at_once() =>
        Assert.ThrowsAny<IOException>(() => _lab.Capture("/nowhere/at/all.pcapng"));

    private static long Now() => (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;
}
