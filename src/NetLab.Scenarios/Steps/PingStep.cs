using System.Text.Json.Nodes;
using NetLab.Scenarios.Yaml;

namespace NetLab.Scenarios;

/// <summary><c>ping: vm01 -> vm02</c>: a VM or a node asks, and a reply comes, or must not.</summary>
internal sealed class PingStep : Step
{
    private static readonly ScalarShape<bool> Answer = new("reply or no-reply", "no-reply",
        scalar => scalar.Text switch
        {
            "reply" => (true, null),
            "no-reply" => (false, null),
            _ => (true, new Problem($"{scalar.Noun} is not known", "reply or no-reply")),
        },
        () => new JsonObject { ["enum"] = new JsonArray("reply", "no-reply") });

    public static readonly StepKind Kind = new StepKind<PingStep>("ping") { Beside = ["predict"] }.Of("Ping: 'vm01 -> vm02', or more.",
        new ObjectShape<PingStep>("ping", "a ping")
        .With("from", "The VM or node that asks.", Scalars.Place, (ping, value) => ping.From = value, required: true)
        .With("to", "The VM or node that should answer, or an address.", Texts.Target, (ping, value) => ping.To = value, required: true)
        .With("expect", "'reply' (as if absent) or 'no-reply'.", Answer, (ping, value) => ping.Reply = value.Value)
        .OrShort("vm01 -> vm02", "^\\S+\\s+->\\s+\\S+$", Parse));

    public Located<Place> From { get; set; }

    public Located<Target> To { get; set; }

    /// <summary>True unless the file says that no reply may come.</summary>
    public bool Reply { get; set; } = true;

    public override string Title => $"{From.Value} pings {To.Value}{(Reply ? "" : " in vain")}";

    public override void Check(StepCheck check)
    {
        check.Asker(From, "a ping");
        check.Target(To, nodes: true);
    }

    public override async Task ActAsync(Stage stage, StepFindings findings, CancellationToken ct)
    {
        var lab = stage.Lab;
        var vm = lab.FindVm(From.Value.Name);
        var node = lab.FindNode(From.Value.Name);
        var result = (To.Value, vm) switch
        {
            ({ Address: { } address }, { } from) => await from.PingAsync(address, ct).ConfigureAwait(false),
            ({ Address: { } address }, null) => await node!.PingAsync(address, ct).ConfigureAwait(false),
            ({ Name: { } name }, { } from) when lab.FindVm(name) is { } to => await from.PingAsync(to, ct).ConfigureAwait(false),
            ({ Name: { } name }, null) when lab.FindVm(name) is { } to => await node!.PingAsync(to, ct).ConfigureAwait(false),
            ({ Name: { } name }, { } from) => await from.PingAsync(lab.FindNode(name)!, ct).ConfigureAwait(false),
            ({ Name: { } name }, null) => await node!.PingAsync(lab.FindNode(name)!, ct).ConfigureAwait(false),
            _ => throw new StepFailure("a ping goes to an IP address, and this is a MAC address", "name the VM"),
        };
        findings.Fate = result.Fate;
        findings.Seen.Add(result.ToString());
        if (result.Succeeded)
        {
            findings.Seen.AddRange(result.Fate.Copies.Where(copy => copy.End is CopyEnd.Delivered).Take(1)
                .Select(copy => $"by {WayText.Of(copy, result.From)}"));
        }
        _ = Reply ? result.ShouldSucceed() : result.ShouldFail();
    }

    private static PingStep? Parse(YamlScalar scalar, string what, Binding binding)
    {
        if (Texts.Split(scalar.Text, "->") is not { } ends)
        {
            binding.Report(scalar.At, $"{what} {scalar.Noun} does not say who asks whom", "two names with ' -> ' between them, like 'vm01 -> vm02'");
            return null;
        }
        var from = new YamlScalar(scalar.At, ends.Left, true, true);
        var to = new YamlScalar(scalar.Inside(ends.RightOffset), ends.Right, true, true);
        return Scalars.Place.TryBind(from, what, binding, out var asker) & Texts.Target.TryBind(to, what, binding, out var answerer)
            ? new PingStep { From = new Located<Place>(asker, from.At), To = new Located<Target>(answerer, to.At) }
            : null;
    }
}
