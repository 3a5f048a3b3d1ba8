using NetLab.Cli.Running;
using NetLab.Scenarios;

namespace NetLab.Cli.Lessons;

/// <summary>
/// A teaching lab that is being done: the run goes on until it needs its reader, and waits there. What happens on the way is shown to whoever let it go on.
/// </summary>
/// <param name="run">The scenario; its lab is built, or is built at the start.</param>
internal sealed class Lesson(ScenarioRun run) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);
    private Reader _reader = new(asksPredictions: false);
    private Task? _pump;
    private IRunView? _view;
    private int _hints;

    /// <summary>The task that the reader is at; null where there is none now.</summary>
    public TaskOffer? Task => _reader.Task;

    /// <summary>The prediction that the reader is asked for; null where there is none now.</summary>
    public PredictionOffer? Question => _reader.Question;

    /// <summary>Whether what happens belongs to a task, whoever shows it: the task may be offered to one view and end in another.</summary>
    public bool IsInTask { get; private set; }

    /// <summary>Whether it has begun, and all of it is done.</summary>
    public bool IsOver => _pump is { IsCompleted: true };

    /// <summary>Whether it has begun.</summary>
    public bool HasBegun => _pump is not null;

    /// <summary>How many hints of the task were given.</summary>
    public int HintsGiven => _hints;

    /// <summary>Begins, and goes on to where the reader is needed, or to the end.</summary>
    /// <param name="view">Shows what happens.</param>
    /// <param name="asksPredictions">Whether the reader is asked for predictions; otherwise the answers are just shown.</param>
    /// <param name="ct">Ends it.</param>
    public Task BeginAsync(IRunView view, bool asksPredictions, CancellationToken ct) => TakeTurnAsync(view, () =>
    {
        _reader = new Reader(asksPredictions);
        _pump = PumpAsync(_reader, ct);
    });

    /// <summary>Says what the reader did about the task, and goes on.</summary>
    public Task AnswerAsync(TaskAnswer answer, IRunView view) => TakeTurnAsync(view, () =>
    {
        var before = Task;
        _reader.Answer(answer);
        _hints = answer is TaskAnswer.Check && before is not null ? _hints : 0;
    });

    /// <summary>Says what the reader predicts, and goes on.</summary>
    public Task PredictAsync(IReadOnlyList<string>? words, IRunView view) => TakeTurnAsync(view, () => _reader.Predict(words));

    /// <summary>The next hint; null where there are no more.</summary>
    public string? NextHint() => Task is { } task && _hints < task.Hints.Count ? task.Hints[_hints++] : null;

    public void Dispose() => _turn.Dispose();

    private async Task TakeTurnAsync(IRunView view, Action go)
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            var task = Task?.Number;
            _view = view;
            go();
            await System.Threading.Tasks.Task.WhenAny(_pump!, _reader.Stops).ConfigureAwait(false);
            if (_pump!.IsCompleted)
            {
                await _pump.ConfigureAwait(false);
            }

            if (Task?.Number != task)
            {
                _hints = 0;
            }
        }
        finally
        {
            _view = null;
            _turn.Release();
        }
    }

    private async Task PumpAsync(Reader reader, CancellationToken ct)
    {
        await foreach (var happening in run.PlayAsync(reader, ct).ConfigureAwait(false))
        {
            IsInTask = happening is TaskOffered || (IsInTask && happening is not StepEnded { Step: { Action: "task", Depth: 0 } });
            _view?.Show(happening);
        }
    }

    /// <summary>Holds the run at each question until there is an answer.</summary>
    private sealed class Reader(bool asksPredictions) : ILearner
    {
        private readonly Lock _gate = new();
        private TaskCompletionSource _stops = New();
        private TaskCompletionSource<object?> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskOffer? Task { get; private set; }

        public PredictionOffer? Question { get; private set; }

        /// <summary>Completes when the run waits for an answer.</summary>
        public Task Stops
        {
            get
            {
                lock (_gate)
                {
                    return _stops.Task;
                }
            }
        }

        public async Task<TaskAnswer> DoAsync(TaskOffer task, CancellationToken ct) =>
            (TaskAnswer)(await StopAsync(() => Task = task, ct).ConfigureAwait(false))!;

        public async Task<IReadOnlyList<string>?> PredictAsync(PredictionOffer question, CancellationToken ct) =>
            asksPredictions ? (IReadOnlyList<string>?)await StopAsync(() => Question = question, ct).ConfigureAwait(false) : null;

        public void Answer(TaskAnswer answer) => GoOn(answer);

        public void Predict(IReadOnlyList<string>? words) => GoOn(words);

        private Task<object?> StopAsync(Action ask, CancellationToken ct)
        {
            lock (_gate)
            {
                ask();
                _answer = new TaskCompletionSource<object?>(TaskCreationOptions.RunContinuationsAsynchronously);
                _stops.TrySetResult();
                return _answer.Task.WaitAsync(ct);
            }
        }

        private void GoOn(object? answer)
        {
            lock (_gate)
            {
                (Task, Question) = (null, null);
                _stops = New();
                _answer.TrySetResult(answer);
            }
        }

        private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
