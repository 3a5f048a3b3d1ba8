using System.Net;
using NetLab.Linux;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// What became of everybody's frames: each drop inside the nodes of a lab from <see cref="Lab.ApplyAsync"/> on, whoever sent the frame, and the questions
/// (ARP, neighbour discovery, TCP, DNS, ping) that got no answer. Memory is bounded: the last are kept. They are explained when they are asked for, from the
/// state of the nodes as it is then.
/// </summary>
public sealed class LabDrops
{
    private readonly FlightRecorder _recorder;

    internal LabDrops(FlightRecorder recorder) => _recorder = recorder;

    /// <summary>By what drops are recorded: <c>BPF on 3 tracepoints, kernel 6.18.44</c>; or why they are not.</summary>
    public string Level => _recorder.Level;

    /// <summary>Whether drops are recorded.</summary>
    public bool IsRecording => _recorder.IsRecording;

    /// <summary>How many records are not there any more, or found no room: while this is not 0, drops may be missing.</summary>
    public long Lost => _recorder.Lost;

    /// <summary>The drops so far, oldest first; those of one flow at one place are one.</summary>
    /// <param name="since">Only those from this time on; null for all.</param>
    /// <param name="withHarmless">Whether those are wanted too that no failure is due to: floods, remains of connections that have ended.</param>
    /// <param name="ct">Ends the reading of the state.</param>
    public async Task<IReadOnlyList<Drop>> ReadAsync(DateTimeOffset? since = null, bool withHarmless = false, CancellationToken ct = default) =>
        (await ReadAllAsync(since, withHarmless, ct).ConfigureAwait(false)).Drops;

    /// <summary>The questions so far that got no answer, oldest first.</summary>
    /// <param name="since">Only those that were asked from this time on; null for all.</param>
    /// <param name="ct">Ends the reading of the state.</param>
    public async Task<IReadOnlyList<UnansweredQuestion>> ReadUnansweredAsync(DateTimeOffset? since = null, CancellationToken ct = default) =>
        (await ReadAllAsync(since, false, ct).ConfigureAwait(false)).Unanswered;

    /// <summary>All of it.</summary>
    /// <param name="since">Only what happened from this time on; null for all.</param>
    /// <param name="withHarmless">Whether harmless drops are wanted too.</param>
    /// <param name="ct">Ends the reading of the state.</param>
    /// <param name="asksAgain">Whether who got no answer may ask again, to be followed to where it ends now.</param>
    internal async Task<Happenings> ReadAllAsync(DateTimeOffset? since, bool withHarmless, CancellationToken ct, bool asksAgain = false)
    {
        var (dropped, asked) = _recorder.Read(since is { } time ? MonotonicTime.Of(time) : 0);
        List<SeenPacket> questions = [.. Seen(asked)];
        List<(SeenPacket Packet, DropPlace Place)> drops = [.. Seen(dropped).Select(d => (Packet: d, Place: Drop.PlaceOf(d)))
            .Where(d => withHarmless || !IsHarmless(d.Place))];
        var explained = new List<Drop>();
        foreach (var group in drops.GroupBy(d => KeyOf(d.Place)))
        {
            var (first, place) = group.First();
            var reason = await DropKnowledge.ExplainAsync(place, RuleAccount.None, ct).ConfigureAwait(false);
            var drop = new Drop(first, place, group.Count(), group.Last().Packet.At, reason);
            // What is sent again takes another way through the kernel to the same end.
            if (explained.FindIndex(d => KeyOf(d.Place with { Stack = [d.Function] }).Equals(KeyOf(place with { Stack = [place.Function] }))
                && d.Reason.Sentence == reason.Sentence) is >= 0 and var at)
            {
                explained[at] = explained[at].With(drop);
            }
            else
            {
                explained.Add(drop);
            }
        }

        var unanswered = new List<UnansweredQuestion>();
        var again = asksAgain ? new AskingAgain(ct) : null;
        foreach (var question in AskedQuestion.Unanswered(questions, [.. drops.Select(d => d.Packet)]))
        {
            var drop = explained.Find(d => d.First.Event.Timestamp >= question.First.Event.Timestamp && question.IsOf(d.Frame)
                && question.MayBeLostAt(d.Place));
            var told = drop is not null ? new Silence(drop.Reason) : await SilenceReasons.OfAsync(question, questions, again).ConfigureAwait(false);
            unanswered.Add(new UnansweredQuestion(question, told, drop));
        }

        return new Happenings(explained, unanswered, questions, Lost, Level) { IsRecorded = IsRecording };
    }

    // The state that would tell may be gone.
    private static bool IsHarmless(DropPlace place)
    {
        try
        {
            return HarmlessDrops.IsHarmless(place);
        }
        catch (LinuxException)
        {
            return false;
        }
    }

    private IEnumerable<SeenPacket> Seen(IEnumerable<Linux.Bpf.TraceEvent> events) =>
        events.Select(e => _recorder.NodeOf(e.Namespace) is { } node && e.Bytes.Length > 0 ? SeenPacket.Of(node, e) : null).OfType<SeenPacket>();

    private static (Node, string, string, string, IpProtocol?, IPAddress?, IPAddress?, int, string) KeyOf(DropPlace place) =>
        (place.Node, place.Device, place.Reason, string.Join('<', place.Stack), place.Seen.Protocol, place.From, place.To,
            place.Seen.Tcp is { } tcp ? (tcp.SourcePort << 16) | tcp.DestinationPort
                : place.Seen.Udp is { } udp ? (udp.SourcePort << 16) | udp.DestinationPort : 0,
            place.Seen.Arp is { } arp ? $"{arp.Operation} {arp.SenderIp} {arp.TargetIp}" : place.Seen.Tcp?.Flags.ToString() ?? "");
}

/// <summary>What was recorded of a lab in a stretch of time, explained.</summary>
/// <param name="Drops">The drops.</param>
/// <param name="Unanswered">The questions without an answer.</param>
/// <param name="Packets">All questions and answers.</param>
/// <param name="Lost">How many records are missing.</param>
/// <param name="Level">By what they were recorded.</param>
internal sealed record Happenings(IReadOnlyList<Drop> Drops, IReadOnlyList<UnansweredQuestion> Unanswered, IReadOnlyList<SeenPacket> Packets, long Lost,
    string Level)
{
    /// <summary>Whether anything was recorded at all.</summary>
    public required bool IsRecorded { get; init; }
}

/// <summary>The drops of a lab.</summary>
public static class LabHappenings
{
    extension(Lab lab)
    {
        /// <summary>Everybody's frames: what was dropped in the lab from <see cref="Lab.ApplyAsync"/> on, and who got no answer.</summary>
        /// <exception cref="InvalidOperationException">The lab is not applied.</exception>
        public LabDrops Drops
        {
            get
            {
                lab.RequireApplied();
                return new LabDrops(lab.Live.Part(own => new FlightRecorder(own.Options)));
            }
        }
    }
}
