using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests.Readme;

public class StreamTest
{
    [LabFact]
    // README: streams
    public async Task What_a_stream_sends_is_received_and_captured()
    {
        await using var lab = new Lab();
        var bridge = lab.AddNode("compute").AddBridge("br0");
        FakeVm vm1 = bridge.Node.AddVm("vm1", bridge), vm2 = bridge.Node.AddVm("vm2", bridge);
        await lab.ApplyAsync();
        using FrameStream left = vm1.OpenStream(), right = vm2.OpenStream();
        await using var capture = lab.Capture(); // or lab.Capture("lab.pcapng")
        left.Send(Frame.Broadcast(vm1, "hello"));
        var received = (await right.ReceiveAsync()).ToArray();
        await capture.StopAsync();
        Assert.Contains(capture.Frames, f => f.DeviceName == "tap-vm2" && f.Frame.Bytes.Span.SequenceEqual(received));
    }
    // README: end
}
