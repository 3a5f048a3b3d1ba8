using System.Text.Json;
using System.Text.Json.Nodes;
using NetLab.Packets;

namespace NetLab.Cli.Live;

/// <summary>Fates as lines of JSON (JSON Lines): first what is watched, then an object for each frame as it comes, last the sum.</summary>
internal sealed class LiveJson(TextWriter output) : ILiveView
{
    private static readonly JsonSerializerOptions Line = new(JsonText.Options) { WriteIndented = false };

    public void Begin(Lab lab, NamespaceWatch watch, bool traceRules) => Write(new JsonObject
    {
        ["watching"] = JsonText.Array(
            lab.Nodes.Select(n => new JsonObject
                { ["name"] = n.Name, ["inode"] = n.NamespaceInode, ["devices"] = JsonText.Array(n.Devices.Select(d => d.Name)) })),
        ["level"] = watch.Level,
        ["tracesRules"] = traceRules,
    });

    public void Show(Fate fate, IReadOnlyList<(FrameCopy Copy, Reason Reason)> fresh, bool isStopped)
    {
        var line = FateJson.Of(fate);
        line.Insert(0, "stopped", isStopped);
        Write(line);
    }

    public void End(LiveTally tally, NamespaceWatch watch, TimeSpan took) => Write(new JsonObject
    {
        ["exitCode"] = ExitCode.Fine,
        ["milliseconds"] = JsonText.Milliseconds(took),
        ["frames"] = tally.Frames,
        ["arrived"] = tally.Arrived,
        ["stopped"] = tally.Stopped,
        ["causes"] = JsonText.Array(
            tally.Causes.Select(c => new JsonObject { ["cause"] = c.Cause, ["place"] = c.Place, ["sentence"] = c.Sentence, ["times"] = c.Times })),
        ["lostEvents"] = watch.LostEvents,
        ["unexplained"] = watch.Unexplained,
    });

    private void Write(JsonObject line) => output.WriteLine(PlainText.Json(line.ToJsonString(Line)));
}
