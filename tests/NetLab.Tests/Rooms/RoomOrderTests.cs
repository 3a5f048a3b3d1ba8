namespace NetLab.Tests.Rooms;

/// <summary>The rooms of <c>src/NetLab</c> use those before them, in the order that the README says.</summary>
public sealed class RoomOrderTests
{
    private static readonly Lazy<RoomOrder> Read = new(RoomOrder.Read);

    private static RoomOrder Rooms => Read.Value;

    [Fact]
    public void Every_room_has_its_place_in_the_order() =>
        Assert.Equal(RoomOrder.Folders.Order(), Rooms.Ranks.SelectMany(rank => rank).Order());

    [Fact]
    public void Every_name_in_the_sources_is_understood() => Assert.Equal("", string.Join('\n', Rooms.NotUnderstood()));

    [Fact]
    public void No_room_uses_one_that_comes_after_it()
    {
        var wrong = Rooms.Wrong();
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public void A_room_that_does_is_found() => Assert.Equal(
        ["Tracing/Wrong.cs names FateVerdict, which is in Reports: that room comes after Tracing"],
        Rooms.WrongIn("Tracing/Wrong.cs",
            "namespace NetLab; internal static class Wrong { public static string? Of(FateVerdict verdict) => $\"{verdict}\"; }"));

    [Fact]
    public void A_member_that_a_later_room_adds_is_found() => Assert.Contains(
        Rooms.WrongIn("Vms/Wrong.cs", "namespace NetLab; internal static class Wrong { public static object Of(Lab lab) => lab.Capture(); }"),
        wrong => wrong.EndsWith("Capture, which is in Capture: that room comes after Vms", StringComparison.Ordinal));

    [Theory]
    [InlineData("Lab")]
    [InlineData("Node")]
    [InlineData("FakeVm")]
    public void What_a_later_room_adds_to_a_part_of_the_lab_keeps_nothing_there(string type) =>
        Assert.Empty(Rooms.FieldsOutside(type, "Topology", "Labs", "Nodes", "Vms", "Switching", "Conditions"));

    // A router, a rule or a tunnel may have changed it since. Where no device has seen it yet, it is still what was sent.
    [Fact]
    public void Reasons_read_the_frame_as_it_was_where_it_ended_and_not_as_it_was_sent() => Assert.Equal(
        ["FateExplainer.AtTheStart", "RuleDrops.AddAsync"], Rooms.ReadersIn("Forwarding/Reasons", "Frame", "SentFrame", "Fate").Distinct().Order());
}
