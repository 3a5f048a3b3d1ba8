using System.Globalization;
using System.Text.Json.Nodes;
using NetLab.Scenarios.Yaml;

namespace NetLab.Scenarios;

/// <summary><c>exec: { node: h1, run: ip -br link }</c>: a program runs in a node, and its end and its words are judged.</summary>
internal sealed class ExecStep : Step
{
    private const int LinesOfOutput = 12;

    private static readonly ScalarShape<int?> ExitCode = new("an exit code", "0",
        scalar => scalar.Text == "failure" ? (null, null)
            : int.TryParse(scalar.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var code) && code <= 255 ? (code, null)
            : (0, new Problem($"{scalar.Noun} is not an exit code", "0 to 255, or 'failure' for any but 0")),
        () => new JsonObject
        {
            ["anyOf"] = new JsonArray(new JsonObject { ["type"] = "integer", ["minimum"] = 0, ["maximum"] = 255 }, new JsonObject { ["const"] = "failure" }),
        });

    /// <summary>A program and its arguments.</summary>
    public static readonly Shape<IReadOnlyList<string>> Command = new CommandShape();

    public static readonly StepKind Kind = new StepKind<ExecStep>("exec") { Beside = ["refused"] }.Of("Run a program in a node.",
        new ObjectShape<ExecStep>("exec", "a program to run")
        .With("node", "The node it runs in.", Scalars.Name, (exec, value) => exec.Node = value, required: true)
        .With("run", "The program and its arguments: one line (no shell), or a list.", Command, (exec, value) => exec.Run = value.Value,
            required: true)
        .With("exit", "The exit code it must end with; 0 when absent, 'failure' for any other.", ExitCode, (exec, value) => exec.Exit = value.Value)
        .With("contains", "Texts that its output must contain.", Scalars.Texts, (exec, value) => exec.Contains = value.Value)
        .With("lacks", "Texts that its output must not contain.", Scalars.Texts, (exec, value) => exec.Lacks = value.Value));

    public Located<string> Node { get; set; }

    public IReadOnlyList<string> Run { get; set; } = [];

    /// <summary>Null: any but 0.</summary>
    public int? Exit { get; set; } = 0;

    public IReadOnlyList<Located<string>> Contains { get; set; } = [];

    public IReadOnlyList<Located<string>> Lacks { get; set; } = [];

    public override string Title => $"{Node.Value}$ {string.Join(' ', Run)}";

    public override void Check(StepCheck check) => check.Inventory.Node(Node.Value, Node.At);

    public override async Task ActAsync(Stage stage, StepFindings findings, CancellationToken ct)
    {
        var result = await stage.Lab.FindNode(Node.Value)!.ExecAsync(Run[0], [.. Run.Skip(1)], ct).ConfigureAwait(false);
        findings.Seen.Add(Title);
        var output = result.Output + result.Error;
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        findings.Seen.AddRange(lines.Take(LinesOfOutput).Select(line => "  " + line.TrimEnd()));
        if (lines.Length > LinesOfOutput)
        {
            findings.Seen.Add($"  … and {lines.Length - LinesOfOutput} more lines");
        }
        if (Exit is { } wanted ? result.ExitCode != wanted : result.ExitCode == 0)
        {
            throw new StepFailure($"it ended with exit code {result.ExitCode}; expected {(Exit is { } code ? code : "any but 0")}");
        }
        foreach (var text in Contains.Where(text => !output.Contains(text.Value, StringComparison.Ordinal)))
        {
            throw new StepFailure($"its output does not contain '{text.Value}'");
        }
        foreach (var text in Lacks.Where(text => output.Contains(text.Value, StringComparison.Ordinal)))
        {
            throw new StepFailure($"its output contains '{text.Value}': "
                + Array.Find(lines, line => line.Contains(text.Value, StringComparison.Ordinal))?.Trim());
        }
    }

    /// <summary>One line that is split into words, or a list of words.</summary>
    private sealed class CommandShape : Shape<IReadOnlyList<string>>
    {
        public override bool TryBind(YamlValue value, string what, Binding binding, out IReadOnlyList<string> result)
        {
            if (value is YamlScalar { IsNull: false } scalar)
            {
                (result, var problem) = Texts.Words(scalar.Text);
                if (problem is not null)
                {
                    binding.Report(scalar.Inside(problem.Offset), $"{what} {problem.Wrong}", problem.Right);
                }
                return problem is null;
            }
            result = [];
            if (!Scalars.Texts.TryBind(value, what, binding, out var words))
            {
                return false;
            }
            result = [.. words.Select(word => word.Value)];
            if (result.Count == 0)
            {
                binding.Report(value.At, $"{what} names no program", "a program and its arguments, like 'ip -br link'");
            }
            return result.Count > 0;
        }

        public override JsonObject Schema(SchemaDefinitions definitions) => Scalars.Texts.Schema(definitions);
    }
}
