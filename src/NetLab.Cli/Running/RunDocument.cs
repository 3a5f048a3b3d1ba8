using System.Text.Json.Nodes;
using NetLab.Cli.Sharding;
using NetLab.Scenarios;

namespace NetLab.Cli.Running;

/// <summary>Runs as one JSON document.</summary>
internal sealed class RunDocument(ShardRecord? shard = null)
{
    private readonly List<RunRecord> _records = [];

    /// <summary>A view that records a run for the document.</summary>
    public IRunView Add(ScenarioRun run)
    {
        var record = new RunRecord(run);
        _records.Add(record);
        return record;
    }

    /// <summary>The document.</summary>
    public JsonObject Close(int exitCode) => new()
    {
        ["exitCode"] = exitCode,
        ["shard"] = shard?.ToJson(),
        ["scenarios"] = JsonText.Array(_records.Select(r => r.Json)),
    };

    private sealed class RunRecord : IRunView
    {
        private readonly Stack<JsonObject> _open = [];
        private List<string> _narration = [];

        public RunRecord(ScenarioRun run)
        {
            Json = new JsonObject
            {
                ["file"] = run.Document.File,
                ["name"] = run.Document.Name,
                ["description"] = run.Document.Description,
                ["succeeded"] = false,
                ["passed"] = 0,
                ["failed"] = 0,
                ["skipped"] = 0,
                ["buildMilliseconds"] = null,
                ["milliseconds"] = null,
                ["error"] = null,
                ["bundle"] = null,
                ["bundleProblem"] = null,
                ["lab"] = LabJson.Of(run.Lab),
                ["drawing"] = LabDrawing.Text(run.Lab),
                ["steps"] = new JsonArray(),
                ["closing"] = new JsonArray(),
            };
        }

        public JsonObject Json { get; }

        public void Begin()
        {
        }

        public void Show(ScenarioEvent happening)
        {
            switch (happening)
            {
                case LabReady ready:
                    Json["buildMilliseconds"] = JsonText.Milliseconds(ready.Took);
                    break;
                case Narration narration:
                    _narration.Add(narration.Text.Trim());
                    break;
                case StepStarted started:
                    Start(started.Step);
                    break;
                case TaskOffered task:
                    _open.Peek()["task"] = new JsonObject
                        { ["text"] = task.Offer.Text, ["hints"] = JsonText.Array(task.Offer.Hints), ["hasSolution"] = task.Offer.HasSolution };
                    break;
                case StepEnded ended:
                    End(ended);
                    break;
                case ScenarioEnded sum:
                    Json["succeeded"] = sum.Failed == 0;
                    Json["passed"] = sum.Passed;
                    Json["failed"] = sum.Failed;
                    Json["skipped"] = sum.Skipped;
                    Json["milliseconds"] = JsonText.Milliseconds(sum.Took);
                    Json["closing"] = JsonText.Array(_narration);
                    break;
                default:
                    break;
            }
        }

        public void Left(FailureBundle bundle)
        {
            Json["bundle"] = bundle.IsWhole ? bundle.Path : null;
            Json["bundleProblem"] = bundle.IsWhole ? null : bundle.ToString();
        }

        public void Fail(Failure failure) => Json["error"] = JsonText.Of(failure);

        private void Start(ScenarioStep step)
        {
            var json = new JsonObject
            {
                ["number"] = step.Number,
                ["title"] = step.Title,
                ["action"] = step.Action,
                ["line"] = step.At.Line,
                ["column"] = step.At.Column,
                ["narration"] = JsonText.Array(_narration),
                ["outcome"] = null,
                ["holds"] = null,
                ["seen"] = new JsonArray(),
                ["problem"] = null,
                ["milliseconds"] = null,
                ["frame"] = null,
                ["task"] = null,
                ["steps"] = new JsonArray(),
            };
            _narration = [];
            ((JsonArray)(_open.TryPeek(out var parent) ? parent : Json)["steps"]!).Add(json);
            _open.Push(json);
        }

        private void End(StepEnded ended)
        {
            var json = _open.Pop();
            json["outcome"] = ended.Outcome switch { StepOutcome.Passed => "passed", StepOutcome.Failed => "failed", _ => "skipped" };
            json["holds"] = ended.Holds;
            json["seen"] = JsonText.Array(ended.Seen);
            json["problem"] = ended.Problem;
            json["milliseconds"] = JsonText.Milliseconds(ended.Took);
            json["frame"] = ended.Fate is { } fate ? FateJson.Of(fate) : null;
        }
    }
}
