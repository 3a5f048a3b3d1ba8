using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using NetLab.Linux;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// The folder that a failure leaves: what failed, the lab drawn with the failing hop marked, the last fates, everybody's drops and unanswered questions,
/// capture files with the reasons as comments, the state of every node, the logs of its programs, and how to run it again. Written while the lab
/// is still there, in well under a second; a part that cannot be written says so in <c>not-written.txt</c>, and nothing is thrown over the failure itself.
/// </summary>
public sealed class FailureBundle
{
    /// <summary>The environment variable that names the folder for bundles, or says <c>off</c>.</summary>
    public const string Variable = "NETLAB_BUNDLES";

    private const int BundlesKept = 50, FramesListed = 200;
    private const string RerunFile = "rerun.txt", MarkFile = ".netlab-bundle";

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);
    private static readonly JsonSerializerOptions Json = new()
        { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static int _written;

    // In every bundle: by it those are known that this user's runs on this machine made, and only they are ever removed.
    private static readonly string Mark =
        $"A bundle of NetLab, made by {Environment.UserName} on {Environment.MachineName}; it may be removed when newer ones come.{Environment.NewLine}";

    private readonly List<string> _notWritten = [];
    private string? _refusal;

    private FailureBundle(string path) => Path = path;

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>Whether there is a folder at all, and all of the bundle is in it; otherwise <see cref="ToString"/> says what is missing and why.</summary>
    public bool IsWhole => _refusal is null && _notWritten.Count == 0;

    /// <summary>
    /// The folder that bundles go into: what <see cref="Variable"/> names, otherwise <c>artifacts/bundles</c> of the repository that the program (or, failing
    /// that, the current directory) is in, otherwise <c>netlab-bundles</c> in the current directory. Null where bundles are switched off.
    /// </summary>
    public static string? Home => Environment.GetEnvironmentVariable(Variable) switch
    {
        "off" => null,
        { Length: > 0 } named => System.IO.Path.GetFullPath(named),
        _ when (RepositoryOf(AppContext.BaseDirectory) ?? RepositoryOf(Environment.CurrentDirectory)) is { } root =>
            System.IO.Path.Combine(root, "artifacts", "bundles"),
        _ => System.IO.Path.GetFullPath("netlab-bundles"),
    };

    /// <summary>
    /// Writes a bundle, which only its owner may read. Of all bundles in the same folder that the same user's runs made the last 50 are
    /// kept; nothing else there is touched.
    /// </summary>
    /// <param name="lab">The lab, not yet disposed.</param>
    /// <param name="run">What failed in it.</param>
    /// <returns>The bundle, which says so where it could not be written; null where bundles are switched off.</returns>
    public static async Task<FailureBundle?> WriteAsync(Lab lab, FailedRun run)
    {
        ArgumentNullException.ThrowIfNull(lab);
        ArgumentNullException.ThrowIfNull(run);
        if (Home is not { } home)
        {
            return null;
        }

        var name = $"{FileName(run.Name)}-{DateTime.Now.ToString("yyyyMMdd-HHmmss-fff", CultureInfo.InvariantCulture)}-{Interlocked.Increment(ref _written)}";
        var bundle = new FailureBundle(System.IO.Path.Combine(home, name));
        try
        {
            Directory.CreateDirectory(home);
            CreatePrivate(bundle.Path);
            bundle.Put(MarkFile, Mark);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            bundle._refusal = refused.Message;
            return bundle;
        }

        bundle.Part("(older bundles)", () => Prune(home));

        await bundle.WritePartsAsync(lab, run, new Patience(lab, Longest)).ConfigureAwait(false);
        return bundle;
    }

    /// <summary>Says anew what failed, where more is known of it than when the bundle was written.</summary>
    public void SetFailure(string failure)
    {
        if (_refusal is null)
        {
            Part("failure.txt", () => Put("failure.txt", failure));
        }
    }

    /// <summary>Removes the bundle: it was no failure after all.</summary>
    public void Delete()
    {
        if (Directory.Exists(Path))
        {
            Part("", () => Directory.Delete(Path, recursive: true));
        }
    }

    /// <summary>A line for the failure's text.</summary>
    public override string ToString() => PlainText.Line(
        _refusal is not null ? $"No bundle: {Path} cannot be written: {_refusal}; {Variable} names another folder, or says off"
        : _notWritten.Count > 0
        ? $"Bundle: {Path} (not whole: {_notWritten.Count} {(_notWritten.Count == 1 ? "part" : "parts")} could not be written, the first is {_notWritten[0]})"
        : $"Bundle: {Path}");

    private async Task WritePartsAsync(Lab lab, FailedRun run, Patience patience)
    {
        var fates = lab.RecentFates;
        var fate = run.Fate ?? fates.LastOrDefault(f => f.Copies.Any(c => c.End is not (CopyEnd.Delivered or CopyEnd.Consumed)))
            ?? (fates.Count > 0 ? fates[^1] : null);
        var copy = run.Copy ?? fate?.Copies.OrderByDescending(c => c.Reason is not null).ThenByDescending(c => c.End is not CopyEnd.Delivered).FirstOrDefault();
        Part(RerunFile, () => Put(RerunFile, Rerun(run)));
        Part("failure.txt", () => Put("failure.txt", run.Failure ?? "nothing is known of the failure itself"));
        Part("versions.txt", () => Put("versions.txt", Versions(lab)));
        var options = (copy is null ? new DrawingOptions() : DrawingOptions.Following(copy)) with { Title = run.Name };
        Part("drawing.txt", () => Put("drawing.txt", LabDrawing.Text(lab, options)));
        Part("drawing.svg", () => Put("drawing.svg", LabDrawing.Svg(lab, options)));
        if (fates.Count > 0)
        {
            Part("fates.txt", () =>
                Put("fates.txt", string.Join(Environment.NewLine + Environment.NewLine,
                    fates.Select(f => $"{f.SentAt:O}{Environment.NewLine}{f.Describe()}{Environment.NewLine}  Followed by {f.Level}."))));
            Part("fates.json", () => Put("fates.json", new JsonArray([.. fates.Select(FateJson.Of)]).ToJsonString(Json)));
            Part("frames.pcapng", () => FatePcapng.Write(NewFile.Create(At("frames.pcapng"), isPrivate: true), fates, verdict: null));
        }

        var number = 0;
        foreach (var capture in lab.Captures.Where(c => c.Path is null))
        {
            var file = ++number == 1 ? "capture.pcapng" : $"capture-{number}.pcapng";
            Part(file, () => WriteCapture(At(file), capture));
        }

        if (lab.IsApplied && lab.Drops.IsRecording)
        {
            await PartAsync("drops.txt", patience, async ct =>
            {
                var happenings = run.Happenings ?? await lab.Drops.ReadAllAsync(run.Since, false, ct).ConfigureAwait(false);
                Put("drops.txt", HappeningsText.Whole(happenings));
                HappeningsPcapng.Write(NewFile.Create(At("drops.pcapng"), isPrivate: true), happenings);
            }).ConfigureAwait(false);
        }

        Part("received.txt", () => Put("received.txt", Received(lab)));
        foreach (var node in lab.Nodes.Where(n => n.IsApplied))
        {
            await PartAsync($"state/{node.Name}.txt", patience, async ct =>
            {
                var state = await node.ReadStateAsync(ct).ConfigureAwait(false);
                Put($"state/{node.Name}.txt", state.ToString());
                Put($"state/{node.Name}.json", state.ToJson());
                if (state.NftRuleset is { Length: > 0 } ruleset)
                {
                    Put($"nft/{node.Name}.nft", ruleset);
                }
            }).ConfigureAwait(false);
            Part($"logs/{node.Name}", () => Logs(node));
        }

        if (_notWritten.Count > 0)
        {
            Part("not-written.txt", () => Put("not-written.txt", string.Join(Environment.NewLine, _notWritten)));
        }
    }

    // What a capture that the test itself started has in memory; one that writes a file has its own.
    private static void WriteCapture(string file, LabCapture capture)
    {
        var comment = $"{capture.Frames.Count} frames of the capture; lost: {capture.Lost}, omitted: {capture.Omitted}";
        using var writer = new PcapngWriter(NewFile.Create(file, isPrivate: true), comment: comment);
        var interfaces = new Dictionary<(Node, string), int>();
        foreach (var frame in capture.Frames)
        {
            if (!interfaces.TryGetValue((frame.Node, frame.DeviceName), out var number))
            {
                interfaces[(frame.Node, frame.DeviceName)] = number = writer.AddInterface($"{frame.Node.Name}/{frame.DeviceName}");
            }

            writer.WritePacket(number, frame.TimestampNanoseconds, frame.Frame,
                frame.Direction == HopDirection.In ? CaptureDirection.Inbound : CaptureDirection.Outbound);
        }
    }

    private void Logs(Node node)
    {
        foreach (var process in node.Processes)
        {
            var ended = process.Exited.IsCompletedSuccessfully ? $"exit code {process.Exited.Result}" : "still running";
            Put($"logs/{node.Name}-{FileName(System.IO.Path.GetFileName(process.Program))}-{process.Pid}.txt",
                $"{process}   ({ended}){Environment.NewLine}{process.Output}" +
                    $"{(process.Error.Length > 0 ? $"{Environment.NewLine}standard error:{Environment.NewLine}{process.Error}" : "")}");
        }

        if (node.Live.Ovs is { } ovs)
        {
            Put($"logs/{node.Name}-ovs-vswitchd.txt", ovs.Log);
        }
    }

    private static string Received(Lab lab)
    {
        var text = new StringBuilder();
        foreach (var vm in lab.Vms)
        {
            text.AppendLine($"{vm.Name} received {vm.Received.Count} frames" +
                $"{(vm.Received.Count > FramesListed ? $", the last {FramesListed} of which are" : "")}");
            foreach (var frame in vm.Received.Skip(vm.Received.Count - FramesListed))
            {
                text.AppendLine($"  {frame}");
            }
        }

        return text.ToString();
    }

    private static string Rerun(FailedRun run) => run.Rerun ?? $"run {run.Name} again";

    // Names, MAC addresses and orders derive from names: there is no seed but where conditions of a link have one, which the state shows (netem).
    private static string Versions(Lab lab) => $"""
        NetLab     {typeof(Lab).Assembly.GetName().Version}
        .NET       {RuntimeInformation.FrameworkDescription}
        machine    {RuntimeInformation.OSDescription} {RuntimeInformation.OSArchitecture}, {Environment.ProcessorCount} processors
        followed   {(lab.IsApplied ? lab.TracingLevel : "the lab was not applied")}
        seed       none: names, addresses and orders derive from the description; netem's own seeds are in state/
        """;

    private string At(string file) => System.IO.Path.Combine(Path, file);

    private void Put(string file, string text)
    {
        CreatePrivate(System.IO.Path.GetDirectoryName(At(file))!);
        var plain = file.EndsWith(".json", StringComparison.Ordinal) ? PlainText.Json(text) : PlainText.Lines(text);
        using var stream = NewFile.Create(At(file), isPrivate: true);
        stream.Write(Encoding.UTF8.GetBytes(plain.TrimEnd() + Environment.NewLine));
    }

    private static void CreatePrivate(string folder)
    {
        if (!OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private void Part(string file, Action write) => PartAsync(file, () =>
    {
        write();
        return Task.CompletedTask;
    }).GetAwaiter().GetResult();

    // What waits for the kernel or for a daemon; each part that was written is a sign that things move.
    private Task PartAsync(string file, Patience patience, Func<CancellationToken, Task> write) => PartAsync(file, async () =>
    {
        try
        {
            await patience.WaitAsync(write, CancellationToken.None).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"it was given up after {patience.Words} in which no part was written");
        }

        patience.Moved();
    });

    private async Task PartAsync(string file, Func<Task> write)
    {
        try
        {
            await write().ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever goes wrong here must not hide the failure that the bundle is about.
        catch (Exception wrong)
#pragma warning restore CA1031
        {
            _notWritten.Add($"{file}: {wrong.Message}");
            Drop(file);
        }
    }

    // Half a file looks like a whole one.
    private void Drop(string file)
    {
        try
        {
            File.Delete(At(file));
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            _notWritten.Add($"{file}: what there is of it is not whole: {refused.Message}");
        }
    }

    // Whatever else is in the place that the user named stays, other users' bundles too.
    private static void Prune(string home)
    {
        foreach (var old in new DirectoryInfo(home).EnumerateDirectories().Where(IsOurs).OrderByDescending(d => d.LastWriteTimeUtc).Skip(BundlesKept))
        {
            try
            {
                old.Delete(recursive: true);
            }
            catch (DirectoryNotFoundException)
            {
                // Another process has just removed it.
            }
        }
    }

    private static bool IsOurs(DirectoryInfo folder)
    {
        var mark = new FileInfo(System.IO.Path.Combine(folder.FullName, MarkFile));
        return folder.LinkTarget is null && mark.Exists && mark.Length == Encoding.UTF8.GetByteCount(Mark) && File.ReadAllText(mark.FullName) == Mark;
    }

    private static string FileName(string name)
    {
        var plain = string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' ? c : '_'));
        return plain.Length <= 100 ? plain : plain[..100];
    }

    private static string? RepositoryOf(string? folder)
    {
        while (folder is not null && !System.IO.Path.Exists(System.IO.Path.Combine(folder, ".git")))
        {
            folder = System.IO.Path.GetDirectoryName(folder);
        }

        return folder;
    }
}
