using System.Text;
using NetLab.Packets;
using NetLab.Scenarios;

namespace NetLab.Torture;

/// <summary>Scenarios that are almost right: what is wrong in them is told by its place, in plain lines, and nothing else is thrown.</summary>
internal sealed class DocumentTorment : ITorment
{
    private const int DocumentsOfTurn = 20;

    private static readonly byte[][] Documents =
        [.. Directory.GetFiles(Path.Combine(SourceTree.Root, "scenarios"), "*.yaml", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(File.ReadAllBytes)];

    public string Name => "documents";

    public string Unit => "documents";

    public async Task<long> TurnAsync(Random random, CancellationToken ct)
    {
        for (var i = 0; i < DocumentsOfTurn; i++)
        {
            var yaml = Encoding.UTF8.GetString(Mutation.Of(random, Documents[random.Next(Documents.Length)], Documents[random.Next(Documents.Length)]));
            try
            {
                await using var run = ScenarioRun.Describe(ScenarioDocument.Parse(yaml, "torture.yaml"));
                _ = LabDrawing.Text(run.Lab);
            }
            catch (ScenarioException told)
            {
                if (told.Diagnostics.Select(d => d.ToString()).FirstOrDefault(d => !PlainText.IsPlain(d)) is { } steering)
                {
                    throw new TortureException($"a diagnostic steers: {PlainText.Line(steering)}");
                }
            }
            catch (Exception wrong) when (wrong is not TopologyException)
            {
                throw new TortureException($"{wrong}{Environment.NewLine}{PlainText.Lines(yaml)}");
            }
        }

        return DocumentsOfTurn;
    }
}
