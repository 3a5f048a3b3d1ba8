using System.CommandLine;
using NetLab.Cli.Sharding;

namespace NetLab.Cli.Commands;

/// <summary><c>netlab shard ASSEMBLY…</c>: which of the tests a shard has, as settings for <c>dotnet test</c>.</summary>
internal static class ShardCommand
{
    private const string SettingsFile = "shard.runsettings";

    public static Command Create(Terminal terminal)
    {
        var assemblies = new Argument<string[]>("assembly") { Description = "Built test assemblies", Arity = ArgumentArity.OneOrMore };
        var options = new ShardOptions();
        options.Shard.Required = true;
        var results = new Option<string>("--results")
            { Description = $"The folder for {SettingsFile} and {ShardRecord.FileName}, and for the shard's results", HelpName = "folder", Required = true };
        var filter = new Option<string?>("--filter") { Description = "Of these tests alone, as dotnet test takes it", HelpName = "expression" };
        var command = new Command("shard", $"Choose the tests of one of several machines: dotnet test --settings RESULTS/{SettingsFile} then runs them")
            { assemblies, options.Shard, options.Times, results, filter };
        command.SetAction(async (parsed, ct) =>
        {
            options.Of(parsed, [], TestList.ClassOf); // What is wrong in the arguments is told before the tests are listed.
            var tests = await TestList.ReadAsync(parsed.GetRequiredValue(assemblies), parsed.GetValue(filter), ct).ConfigureAwait(false);
            var record = options.Of(parsed, tests, TestList.ClassOf)!;
            var folder = parsed.GetRequiredValue(results);
            OutputFile.Write(folder, path => Directory.CreateDirectory(path));
            OutputFile.Write(Path.Combine(folder, ShardRecord.FileName), path => File.WriteAllText(path, record.ToJson().ToJsonString(JsonText.Options)));
            OutputFile.Write(Path.Combine(folder, SettingsFile), path => TestList.Settings(record.Names).Save(path));
            terminal.Page.Line($"shard {record.Shard}: {record.Names.Count} of {tests.Count} tests");
            return ExitCode.Fine;
        });
        return command;
    }
}
