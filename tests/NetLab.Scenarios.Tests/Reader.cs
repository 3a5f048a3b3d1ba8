namespace NetLab.Scenarios.Tests;

/// <summary>A reader of a teaching lab who answers at once.</summary>
internal sealed class Reader(Func<TaskOffer, TaskAnswer> act, params string[] predicts) : ILearner
{
    public List<PredictionOffer> Questions { get; } = [];

    public Task<TaskAnswer> DoAsync(TaskOffer task, CancellationToken ct) => Task.FromResult(act(task));

    public Task<IReadOnlyList<string>?> PredictAsync(PredictionOffer question, CancellationToken ct)
    {
        Questions.Add(question);
        return Task.FromResult<IReadOnlyList<string>?>(predicts);
    }
}
