namespace NetLab.Scenarios;

/// <summary>What a step is called where the file gives it no name.</summary>
internal static class StepTitles
{
    /// <summary>The step's action, or null for one that only speaks.</summary>
    public static string? ActionOf(StepEntry step) => step switch
    {
        { Ping: not null } => "ping",
        { Send: not null } => "send",
        { Set: not null } => "set",
        { Exec: not null } => "exec",
        { State: not null } => "state",
        { Claim: not null } => "claim",
        { Task: not null } => "task",
        { Expect.Count: > 0 } or { ExpectNone.Count: > 0 } => "expect",
        _ => null,
    };

    public static string Of(StepEntry step) => step switch
    {
        { Ping: { } ping } => $"{ping.From.Value} pings {ping.To.Value}{(ping.Reply ? "" : " in vain")}",
        { Send: { } send } => $"{send.From.Value} sends {What(send)}{(send.To is { } to ? $" to {to.Value}" : "")}",
        { Set: { } set } => $"set {Subject(set)} {string.Join(", ", set.Given.Keys.Where(key => key is not ("device" or "port" or "node" or "vm")))}",
        { Exec: { } exec } => $"{exec.Node.Value}$ {string.Join(' ', exec.Run)}",
        { State: { } state } => $"look at {state.Device.Value}",
        { Claim: { } claim } => claim,
        { Task: { } task } => task,
        _ => $"what became of it: {string.Join(", ", step.Expect.Select(expect => expect.Value.Where.Value.ToString()).Concat(step.ExpectNone.Select(place => $"not {place.Value}")))}",
    };

    private static string What(SendEntry send) => send switch
    {
        { Udp: { } udp } => $"UDP {udp.Destination}",
        { Tcp: { } tcp } => $"TCP {tcp.Destination}",
        { Icmp: { } icmp } => icmp.Request ? "an echo request" : "an echo reply",
        { Arp: { } arp } => arp.Request ? "an ARP request" : "an ARP reply",
        { Ethernet: { } bare } => $"a frame of type 0x{bare.Type:x4}",
        _ => "raw bytes",
    };

    private static string Subject(SetEntry set) =>
        set.Device?.ToString() ?? set.Port?.ToString() ?? set.Node?.ToString() ?? set.Vm?.ToString() ?? "";
}
