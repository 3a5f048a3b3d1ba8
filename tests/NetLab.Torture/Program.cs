using System.CommandLine;
using System.Globalization;
using NetLab;
using NetLab.Linux.Probe;
using NetLab.Torture;
using NetLab.Torture.Victims;

// Exit codes as those of the netlab command: 0 all held, 1 something did not, 2 wrong usage, 3 the machine lacks something.
const int Fine = 0, Broken = 1, BadUsage = 2, Lacking = 3;

var time = new Option<string>("--for") { Description = "How long: 30s, 10m, 1h", DefaultValueFactory = _ => "1m" };
var seed = new Option<int?>("--seed") { Description = "Where the random numbers begin; what failed names the seed that shows it again" };
var only = new Option<string>("--only")
    { Description = "The torments whose name contains this; the search for false fates, fates, only so", DefaultValueFactory = _ => "" };
var turns = new Option<int?>("--turns") { Description = "End each torment after so many turns" };
var grace = new Option<string>("--within")
    { Description = "How long what is left of a killed lab may take to go: 1s on an idle machine", DefaultValueFactory = _ => "1s" };
var root = new RootCommand(
    "What nobody would do to NetLab by hand, for as long as is asked for. A figure a line. Exit codes: 0 all held, 1 something did not, 2 " +
        "wrong usage, 3 the machine lacks something.")
{
    time, seed, only, turns, grace,
};
root.SetAction((parsed, ct) =>
{
    KillTorment.Grace = Duration(parsed.GetValue(grace)!) ?? KillTorment.Grace;
    return RunAsync(parsed.GetValue(time)!, parsed.GetValue(seed) ?? Random.Shared.Next(), parsed.GetValue(only)!, parsed.GetValue(turns) ?? int.MaxValue, ct);
});
if (args is ["victim", ..])
{
    return await Victim.RunAsync([.. args.Skip(1)]).ConfigureAwait(false);
}

var arguments = root.Parse(args);
var code = await arguments.InvokeAsync().ConfigureAwait(false);
return arguments.Errors.Count > 0 ? BadUsage : code;

static async Task<int> RunAsync(string time, int seed, string only, int turns, CancellationToken ct)
{
    if (Duration(time) is not { } length)
    {
        await Console.Error.WriteLineAsync($"--for: '{time}' is no time; write 30s, 10m or 1h").ConfigureAwait(false);
        return BadUsage;
    }

    List<ITorment> chosen = [.. Torments.All.Where(t => only.Length == 0 ? !t.IsSearch : t.Name.Contains(only, StringComparison.OrdinalIgnoreCase))];
    if (chosen.Count == 0)
    {
        await Console.Error.WriteLineAsync($"no torment's name contains '{only}'; there are {string.Join(", ", Torments.All.Select(t => t.Name))}")
            .ConfigureAwait(false);
        return BadUsage;
    }

    try
    {
        Capabilities.Require([.. LabFeatures.Basic]);
    }
    catch (MissingFeatureException missing)
    {
        await Console.Error.WriteLineAsync(missing.Message).ConfigureAwait(false);
        return Lacking;
    }

    Console.Out.WriteLine($"seed {seed}, {chosen.Count} torments, {length.TotalSeconds:0} s");
    var held = true;
    foreach (var torment in chosen)
    {
        var share = new Share(torment, seed, length / chosen.Count, turns);
        await share.RunAsync(ct).ConfigureAwait(false);
        Console.Out.WriteLine(share.ToString());
        held &= share.Failures.Count == 0;
    }

    return held ? Fine : Broken;
}

static TimeSpan? Duration(string text)
{
    (string Unit, double Seconds)[] units = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600)];
    foreach ((var unit, var seconds) in units)
    {
        if (text.EndsWith(unit, StringComparison.Ordinal)
            && double.TryParse(text[..^unit.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number > 0)
        {
            return TimeSpan.FromSeconds(number * seconds);
        }
    }

    return null;
}
