using System.CommandLine;
using System.Text;
using NetLab;
using NetLab.Benchmarks;
using NetLab.Linux.Probe;

// Exit codes as those of the netlab command: 0 every target holds, 1 one does not, 2 wrong usage, 3 the machine lacks something.
const int Fine = 0, Missed = 1, BadUsage = 2, Lacking = 3;

var json = new Option<bool>("--json") { Description = "Print one JSON array on standard output, and nothing else" };
var only = new Option<string>("--only") { Description = "Measure the rows whose name contains this", DefaultValueFactory = _ => "" };
var summary = new Command("summary", "Measures every row beside its baseline, in one run, and says which targets hold.") { json, only };
summary.SetAction((parsed, _) => SummarizeAsync(parsed.GetValue(json), parsed.GetValue(only)!));
var list = new Command("list", "Names the rows.");
list.SetAction(_ =>
{
    foreach (var row in Summary.Measurements.SelectMany(m => m.Rows))
    {
        Console.Out.WriteLine(row.Name);
    }
});

Lab.ReserveThreads();
Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
var arguments = new RootCommand(
    "What NetLab costs, beside what it would cost without it. Exit codes: 0 every target holds, 1 one does not, 2 wrong usage, 3 the machine lacks something.")
        { summary, list }.Parse(args);
var code = await arguments.InvokeAsync().ConfigureAwait(false);
return arguments.Errors.Count > 0 ? BadUsage : code;

static async Task<int> SummarizeAsync(bool json, string only)
{
    if (!Summary.Measurements.SelectMany(m => m.Rows).Any(r => r.Name.Contains(only, StringComparison.OrdinalIgnoreCase)))
    {
        await Console.Error.WriteLineAsync($"no row's name contains '{only}'; the command 'list' names them all").ConfigureAwait(false);
        return BadUsage;
    }

    try
    {
        Capabilities.Require([.. LabFeatures.Basic]);
        var lines = await Summary.MeasureAsync(only, Console.Error).ConfigureAwait(false);
        if (json)
        {
            Console.Out.WriteLine(SummaryJson.Of(lines));
        }
        else
        {
            SummaryTable.Write(lines);
        }

        return lines.Any(l => l.Holds == false) ? Missed : Fine;
    }
    catch (MissingFeatureException missing)
    {
        await Console.Error.WriteLineAsync(missing.Message).ConfigureAwait(false);
        return Lacking;
    }
}
