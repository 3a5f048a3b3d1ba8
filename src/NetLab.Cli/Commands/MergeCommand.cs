using System.CommandLine;
using NetLab.Cli.Sharding;

namespace NetLab.Cli.Commands;

/// <summary><c>netlab merge RESULTS…</c>: the results of all shards as one report with one exit code.</summary>
internal static class MergeCommand
{
    public static Command Create(Terminal terminal)
    {
        var results = new Argument<string[]>("results")
            { Description = "What each shard left: folders with TRX files, JSON documents of 'netlab run'", Arity = ArgumentArity.OneOrMore };
        var json = new Option<bool>("--json") { Description = "Write one JSON document, which is also what --times takes" };
        var command = new Command("merge", "Make one report of the results of several machines, and tell which shard or test is missing") { results, json };
        command.SetAction(parsed =>
        {
            var read = new ResultReader();
            Array.ForEach(parsed.GetRequiredValue(results), read.Read);
            var report = new MergedReport(read);
            if (parsed.GetValue(json))
            {
                terminal.WriteJson(report.ToJson());
            }
            else
            {
                report.Write(terminal.Page);
            }

            return report.Code;
        });
        return command;
    }
}
