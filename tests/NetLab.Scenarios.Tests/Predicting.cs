using NetLab.Xunit;

namespace NetLab.Scenarios.Tests;

/// <summary>A reader says what will become of a frame, and is told how it was.</summary>
public sealed class Predicting
{
    private const string Lab = """
        name: a bridge that does not know the receiver
        lab:
          nodes:
            host:
              bridges: { br0: {} }
              vms:
                vm01: { bridge: br0, addresses: 10.0.0.1/24 }
                vm02: { bridge: br0, addresses: 10.0.0.2/24 }
                vm03: { bridge: br0, addresses: 10.0.0.3/24 }
        steps:

        """;

    private const string Receivers = """
          - predict: receivers
            send: { from: vm01, dst_mac: 'fa:16:3e:00:00:99', ethernet: { type: 0x88b5, payload: hello } }
        """;

    private const string Way = """
          - predict: { about: way, question: Through what will it go? }
            send: { from: vm01, to: vm02, udp: 53 }
        """;

    [LabFact]
    public async Task Who_receives_a_frame_is_compared_with_what_happened()
    {
        var right = await PredictAsync(Receivers, "vm03", "vm02");
        var wrong = await PredictAsync(Receivers, "vm02", "vm01");

        Assert.True(right.IsRight);
        Assert.Equal(["vm02", "vm03"], right.Truth.Order());
        Assert.Equal(["vm01"], wrong.Wrong);
        Assert.Equal(["vm03"], wrong.Missed);
    }

    [LabFact]
    public async Task Nobody_is_an_answer()
    {
        var silent = Receivers + "\n" + "    expect: [vm02, vm03]";
        Assert.Equal(["vm02", "vm03"], (await PredictAsync(silent)).Missed.Order());
    }

    [LabFact]
    public async Task Which_way_a_frame_goes_is_compared_by_device_or_by_node_and_device()
    {
        // The bridge has never heard of vm02: the frame goes to vm03 as well.
        var prediction = await PredictAsync(Way, "tap-vm01", "host:br0", "host/tap-vm02", "tap-vm03");
        Assert.True(prediction.IsRight, string.Join(' ', prediction.Wrong.Concat(prediction.Missed)));
        Assert.Equal("Through what will it go?", prediction.Offer.Question);

        var half = await PredictAsync(Way, "tap-vm01", "tap-vm02", "qbr0");
        Assert.Equal(["qbr0"], half.Wrong);
        Assert.Equal(["br0", "tap-vm03"], half.Missed.Order());
    }

    [LabFact]
    public async Task Without_a_reader_the_question_is_told_with_its_answer()
    {
        var play = await Play.TextAsync(Lab + Way);

        Assert.Contains(play.Steps.Single().Seen, seen => seen.StartsWith("Through what will it go? it crosses tap-vm01, br0, ", StringComparison.Ordinal));
        Assert.Equal("vm01 sends UDP 53 to vm02", play.Steps.Single().Step.Title);
        Assert.True(play.Succeeded);
    }

    [Fact]
    public void There_must_be_a_frame_to_predict()
    {
        Assert.Contains("this step sends nothing to predict; put 'predict' beside 'send' or 'ping'", Refusal(Lab + "  - predict: way\n"));
        Assert.Contains("'predict' is about a frame, and this step has 'exec'", Refusal(Lab + "  - predict: way\n    exec: { node: host, run: ip link }\n"));
        Assert.Contains("did you mean 'receivers'?", Refusal(Lab + "  - predict: receiver\n    ping: vm01 -> vm02\n"));
    }

    private static string Refusal(string yaml) => Assert.Throws<ScenarioException>(() => ScenarioDocument.Parse(yaml)).Message;

    private static async Task<Prediction> PredictAsync(string step, params string[] words)
    {
        var play = await Play.TextAsync(Lab + step + "\n", new Reader(_ => TaskAnswer.Skip, words));
        Assert.True(play.Succeeded, play.ToString());
        return play.Events.OfType<Predicted>().Single().Prediction;
    }
}
