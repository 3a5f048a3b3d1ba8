namespace NetLab;

/// <summary>What failed in a lab: what a <see cref="FailureBundle"/> begins with.</summary>
/// <param name="Name">The test or scenario.</param>
public sealed record FailedRun(string Name)
{
    /// <summary>The failure in words, with its place in the code where it has one.</summary>
    public string? Failure { get; init; }

    /// <summary>The frame that it is about; null: the last that did not arrive everywhere.</summary>
    public Fate? Fate { get; init; }

    /// <summary>The copy whose way and end are marked in the drawing; null: one of the fate's that ended on its way.</summary>
    public FrameCopy? Copy { get; init; }

    /// <summary>The command that runs it again.</summary>
    public string? Rerun { get; init; }

    /// <summary>When it began: of a lab that was there before, only what happened since is told; null for all.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>What happened to everybody's frames, where that was read already.</summary>
    internal Happenings? Happenings { get; init; }

    /// <summary>The same, about the frame that an exception is about.</summary>
    public FailedRun About(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return this with
        {
            Failure = Failure ?? exception.ToString(),
            Fate = (exception as ForwardingException)?.Fate ?? Fate,
            Copy = (exception as ForwardingException)?.Copy ?? Copy,
        };
    }
}
