using System.Net;

namespace NetLab.Scenarios;

/// <summary><c>wait-for: { device: 'h1:eth0', carrier: on }</c>: awaits a device's carrier, an address, or a program that listens.</summary>
internal sealed class WaitForStep : Step
{
    private static readonly string[] Subjects = ["carrier", "address", "port"];

    public static readonly StepKind Kind = new StepKind<WaitForStep>("wait-for")
        .Of("Wait until something has come about.", new ObjectShape<WaitForStep>("wait-for", "something to wait for")
        .With("device", "The device, node:device, whose carrier or address is awaited.", Scalars.Device, (wait, value) => wait.Device = value)
        .With("node", "The node in which a program listens, or whose address is awaited at any of its devices.", Scalars.Name, (wait, value) =>
            wait.Node = value)
        .With("carrier", "Whether the device is to be up with somebody at its other side, or not.", Scalars.Switch, (wait, value) => wait.Carrier = value.Value)
        .With("address", "The IP address that is to be there, past duplicate address detection.", Scalars.Address, (wait, value) => wait.Address = value.Value)
        .With("port", "The port at which a program is to listen.", Scalars.Port, (wait, value) => wait.Port = value.Value)
        .With("protocol", "'tcp' (as if absent) or 'udp', of the port.", Scalars.OneOf("a protocol", "tcp", "udp"), (wait, value) =>
            wait.Protocol = value.Value)
        .With("within", "How long to wait; the lab's patience, 5 s, when absent.", Scalars.Duration, (wait, value) => wait.Within = value.Value)
        .Checked(CheckSubject));

    public Located<DevicePlace>? Device { get; set; }

    public Located<string>? Node { get; set; }

    private bool? Carrier { get; set; }

    private IPAddress? Address { get; set; }

    private int? Port { get; set; }

    private string Protocol { get; set; } = "tcp";

    private TimeSpan? Within { get; set; }

    public override string Title => $"wait for {What} of {Device?.Value.ToString() ?? Node?.Value}";

    private string What =>
        Carrier is { } carrier ? carrier ? "the carrier" : "the end of the carrier" : Address is { } address ? $"address {address}" : $"{Protocol} port {Port}";

    public override void Check(StepCheck check)
    {
        if (Device is { } device)
        {
            check.Device(device);
        }
        if (Node is { } node)
        {
            check.Inventory.Node(node.Value, node.At);
        }
    }

    public override async Task ActAsync(Stage stage, StepFindings findings, CancellationToken ct)
    {
        var device = Device is { } place ? stage.Device(place.Value) : null;
        var node = device?.Node ?? stage.Lab.FindNode(Node!.Value.Value)!;
        await (this switch
        {
            { Carrier: { } carrier } => node.WaitForCarrierAsync(device!, carrier, Within, ct),
            { Address: { } address } => node.WaitForAddressAsync(address, device, Within, ct),
            _ => node.WaitForListenerAsync(Port!.Value, Protocol, Within, ct),
        }).ConfigureAwait(false);
        findings.Seen.Add($"{Device?.Value.ToString() ?? node.Name}: {What} is there");
    }

    private static void CheckSubject(WaitForStep wait, string what, Binding binding)
    {
        var subjects = Subjects.Where(wait.Given.ContainsKey).ToArray();
        if (subjects.Length != 1)
        {
            binding.Report(subjects.Length == 0 ? wait.At : wait.Of(subjects[1]), $"{what} waits for {(subjects.Length == 0 ? "nothing" : "two things")}",
                $"one of {string.Join(", ", Subjects)}");
            return;
        }
        var (places, sample) = subjects[0] switch
        {
            "carrier" => (wait.Device is not null && wait.Node is null, "device: h1:eth0"),
            "address" => (wait.Device is null != wait.Node is null, "device: h1:eth0, or node: h1"),
            _ => (wait.Node is not null && wait.Device is null, "node: h1"),
        };
        if (!places)
        {
            binding.Report(wait.Of(subjects[0]), $"{what} does not say where the {subjects[0]} is awaited", sample);
        }
        if (wait.Given.TryGetValue("protocol", out var at) && wait.Port is null)
        {
            binding.Report(at, "'protocol' is of a port, and none is awaited", "leave it out");
        }
    }
}
