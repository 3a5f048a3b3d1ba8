namespace NetLab.Benchmarks;

/// <summary>Work that gives the figures of one row, or of several that come out of the same work.</summary>
/// <param name="Rows">The rows, in the order of the results.</param>
/// <param name="MeasureAsync">Does the work: value and baseline in the same run, in turn.</param>
internal sealed record Measurement(IReadOnlyList<Row> Rows, Func<Task<IReadOnlyList<Result>>> MeasureAsync)
{
    public Measurement(Row row, Func<Task<Result>> measureAsync)
        : this([row], async () => [await measureAsync().ConfigureAwait(false)])
    {
    }
}
