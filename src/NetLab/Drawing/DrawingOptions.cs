namespace NetLab;

/// <summary>What a drawing shows beside the lab itself.</summary>
public sealed record DrawingOptions
{
    /// <summary>A headline, or none.</summary>
    public string? Title { get; init; }

    /// <summary>The way of a frame, drawn as a trail along its cables.</summary>
    public IReadOnlyList<Hop> HighlightedPath { get; init; } = [];

    /// <summary>Where the frame ended though it should have gone on, drawn as a cross.</summary>
    public Hop? FailedHop { get; init; }

    /// <summary>How many columns a text drawing may take to put frames side by side; a single frame that is wider stays whole.</summary>
    public int Columns { get; init; } = 100;

    /// <summary>Options that show the way of one copy of a frame, and where it ended if it ended on its way.</summary>
    public static DrawingOptions Following(FrameCopy copy)
    {
        ArgumentNullException.ThrowIfNull(copy);
        var arrived = copy.End is CopyEnd.Delivered or CopyEnd.Consumed;
        return new DrawingOptions { HighlightedPath = copy.Hops, FailedHop = arrived || copy.Hops.Count == 0 ? null : copy.Hops[^1] };
    }
}
