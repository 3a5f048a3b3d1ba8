using System.Runtime.CompilerServices;

namespace NetLab.Scenarios;

/// <summary><c>predict: receivers</c>: asks the reader before a frame is sent what will become of it, and compares the answer with its fate.</summary>
internal sealed class PredictStep : Step
{
    public static readonly StepKind Kind = new StepKind<PredictStep>("predict") { IsAction = false }
        .With("predict", "Ask the reader, before the frame of this step is sent, who receives it (receivers) or which way it goes (way).",
            Question.Shape, (step, value) => step.Asked = value.Value, new SideKey("predict", "is about a frame", "put it beside 'send' or 'ping'"));

    public Question Asked { get; set; } = new();

    public override string Title => Asked.Words;

    public override void Check(StepCheck check)
    {
        if (!check.Current.Deeds.Any(deed => deed.Step is SendStep or PingStep))
        {
            check.Report(check.Current.Of("predict"), "this step sends nothing to predict", "put 'predict' beside 'send' or 'ping'");
        }
    }

    public override async IAsyncEnumerable<ScenarioEvent> PlayAsync(StepEntry entry, ScenarioStep step, StepPlayer player,
        [EnumeratorCancellation] CancellationToken ct)
    {
        var offer = new PredictionOffer(Asked.Words, Asked.About, entry.Deeds.First(deed => deed.Step != this).Step.Title);
        var said = player.Learner is { } learner ? await learner.PredictAsync(offer, ct).ConfigureAwait(false) : null;
        await foreach (var happening in player.ActAsync(entry, step, ct).ConfigureAwait(false))
        {
            if (happening is StepEnded { Fate: { } fate } ended)
            {
                var prediction = Compare(offer, said, fate);
                yield return new Predicted(step, prediction);
                yield return ended with { Seen = [.. ended.Seen, $"{offer.Question} {prediction.Answer}"] };
            }
            else
            {
                yield return happening;
            }
        }
    }

    /// <summary>A device may be said alone or with its node, <c>host:tap0</c>; a name that two nodes have means both.</summary>
    internal static Prediction Compare(PredictionOffer offer, IReadOnlyList<string>? said, Fate fate)
    {
        var happened = offer.About is PredictionSubject.Receivers
            ? fate.Copies.Where(copy => copy.End is CopyEnd.Delivered).Select(copy => ("", copy.Vm?.Name ?? copy.Node?.Name ?? "")).Distinct().ToList()
            : [.. fate.Copies.SelectMany(copy => copy.Way).Select(place => (place.Node.Name, place.Name)).Distinct()];
        var several = happened.Select(place => place.Item1).Distinct().Count() > 1;
        IReadOnlyList<string> wrong = [.. (said ?? []).Where(word => !happened.Exists(place => Means(word, place)))];
        IReadOnlyList<string> missed = [.. happened.Where(place => !(said ?? []).Any(word => Means(word, place))).Select(Show)];
        return new Prediction(offer, said, [.. happened.Select(Show)], wrong, missed);

        string Show((string Node, string Name) place) => several ? $"{place.Node}:{place.Name}" : place.Name;

        static bool Means(string word, (string Node, string Name) place) => word == place.Name || word.Replace('/', ':') == $"{place.Node}:{place.Name}";
    }

    /// <summary>What is asked.</summary>
    internal sealed class Question : Entry
    {
        private static readonly ScalarShape<string> Subject = Scalars.OneOf("what a prediction is about", "receivers", "way");

        public static readonly ObjectShape<Question> Shape = new ObjectShape<Question>("predict", "a question about a frame")
            .With("about", "'receivers': who gets it; 'way': which devices and bridges it crosses.", Subject,
                (question, value) => question.About = SubjectOf(value.Value), required: true)
            .With("question", "The question in your own words.", Scalars.Text, (question, value) => question.Own = value.Value)
            .OrShort("receivers", "^(receivers|way)$", (scalar, what, binding) =>
                Subject.TryBind(scalar, what, binding, out var about) ? new Question { About = SubjectOf(about) } : null);

        public PredictionSubject About { get; private set; }

        public string Words => Own
            ?? (About is PredictionSubject.Receivers ? "Who will receive it?" : "Which devices and bridges will it cross?");

        private string? Own { get; set; }

        private static PredictionSubject SubjectOf(string word) => word == "way" ? PredictionSubject.Way : PredictionSubject.Receivers;
    }
}
