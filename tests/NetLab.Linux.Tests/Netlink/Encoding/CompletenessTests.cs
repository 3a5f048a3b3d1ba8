using System.Reflection;

namespace NetLab.Linux.Tests.Netlink.Encoding;

public sealed class CompletenessTests
{
    [Fact]
    [Trait("Category", "Encoding")]
    public void Every_captured_request_is_compared_with_ours()
    {
        var compared = Assembly.GetExecutingAssembly().GetTypes()
            .Select(t => t.GetField("Cases", BindingFlags.Static | BindingFlags.NonPublic)?.GetValue(null))
            .OfType<Cases>()
            .SelectMany(c => c.Keys)
            .Concat(["link netns", "link set netns new-ifindex", "link alias"]) // by tests of their own in LinkEncoding
            .Order();
        Assert.Equal(Captured.All.Keys.Order(), compared);
    }
}
