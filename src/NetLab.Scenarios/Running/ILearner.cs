namespace NetLab.Scenarios;

/// <summary>Whoever does a teaching lab: the run waits for its answers.</summary>
public interface ILearner
{
    /// <summary>There is something to do. Called again after checks that found it not done yet.</summary>
    /// <param name="task">The task.</param>
    /// <param name="ct">Ends the wait.</param>
    Task<TaskAnswer> DoAsync(TaskOffer task, CancellationToken ct);

    /// <summary>Something is about to happen to a frame: what will become of it?</summary>
    /// <param name="question">The question.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <returns>The names that are the answer, none for "nobody" or "nothing"; null for "go on without asking me".</returns>
    Task<IReadOnlyList<string>?> PredictAsync(PredictionOffer question, CancellationToken ct);
}

/// <summary>Something for the reader of a teaching lab to do.</summary>
/// <param name="Number">Its number among the scenario's tasks, from 1.</param>
/// <param name="Text">The task.</param>
/// <param name="Hints">Help with it, from faint to plain.</param>
/// <param name="HasSolution">Whether the scenario can do it itself.</param>
public sealed record TaskOffer(int Number, string Text, IReadOnlyList<string> Hints, bool HasSolution);

/// <summary>What the reader says to a task.</summary>
public enum TaskAnswer
{
    /// <summary>"It is done": the checks decide.</summary>
    Check,

    /// <summary>"Show me": the scenario does it itself, and then the checks decide.</summary>
    Solve,

    /// <summary>"Go on without it."</summary>
    Skip,
}

/// <summary>A question about a frame that is about to be sent.</summary>
/// <param name="Question">The question.</param>
/// <param name="About">What is asked for.</param>
/// <param name="Doing">What is about to happen: <c>vm01 sends UDP 53 to vm02</c>.</param>
public sealed record PredictionOffer(string Question, PredictionSubject About, string Doing);

/// <summary>What a prediction is about.</summary>
public enum PredictionSubject
{
    /// <summary>Who receives the frame: VMs, and nodes whose own stack takes it.</summary>
    Receivers,

    /// <summary>Which devices and bridges any copy of it crosses.</summary>
    Way,
}

/// <summary>What was predicted, and what happened.</summary>
/// <param name="Offer">The question.</param>
/// <param name="Predicted">What the reader said; null where nobody was asked.</param>
/// <param name="Truth">What became of the frame: the receivers, or what was crossed, in order.</param>
/// <param name="Wrong">What was said and did not happen.</param>
/// <param name="Missed">What happened and was not said.</param>
public sealed record Prediction(PredictionOffer Offer, IReadOnlyList<string>? Predicted, IReadOnlyList<string> Truth, IReadOnlyList<string> Wrong,
    IReadOnlyList<string> Missed)
{
    /// <summary>Whether the reader was right.</summary>
    public bool IsRight => Wrong.Count == 0 && Missed.Count == 0;

    /// <summary>What happened, in a sentence.</summary>
    public string Answer => (Offer.About, Truth.Count) switch
    {
        (PredictionSubject.Receivers, 0) => "nobody receives it",
        (PredictionSubject.Receivers, 1) => $"{Truth[0]} receives it, nobody else",
        (PredictionSubject.Receivers, _) => $"{string.Join(", ", Truth)} receive it",
        (_, 0) => "it crosses nothing",
        _ => $"it crosses {string.Join(", ", Truth)}",
    };
}
