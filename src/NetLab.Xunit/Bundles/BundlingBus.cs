using NetLab.Linux.Probe;
using NetLab.Testing;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace NetLab.Xunit;

/// <summary>
/// Between a test and xunit: adds the bundle of a failed test to the failure's text, and makes a skip of a failure that says no more than that the
/// machine lacks a feature.
/// </summary>
internal sealed class BundlingBus(IMessageBus inner, LabTest test) : IMessageBus
{
    private int _skips;

    /// <summary>What xunit counted, with skips where it counted failures that were told as skips.</summary>
    public RunSummary Corrected(RunSummary summary) => new()
    {
        Total = summary.Total, Failed = summary.Failed - _skips, Skipped = summary.Skipped + _skips, Time = summary.Time,
    };

    public bool QueueMessage(IMessageSinkMessage message)
    {
        switch (message)
        {
            case ITestFailed failed when SkipReason(failed) is { } reason:
                _skips++;
                message = new TestSkipped(failed.Test, reason);
                break;
            case ITestFailed failed:
                var what = string.Join(
                    Environment.NewLine,
                    failed.ExceptionTypes.Zip(failed.Messages, (type, text) => $"{type}: {text}").Concat(failed.StackTraces));
                string[] messages = [.. failed.Messages];
                if (messages.Length > 0)
                {
                    // xunit tells this between the tests, and waits for nothing.
                    var told = Task.Run(() => test.FailAsync(what)).GetAwaiter().GetResult().Text;
                    messages[0] += told.Length == 0 ? "" : Environment.NewLine + told;
                }

                message = new TestFailed(
                    failed.Test, failed.ExecutionTime, failed.Output, failed.ExceptionTypes, messages, failed.StackTraces, failed.ExceptionParentIndices);
                break;
            case ITestFinished:
                test.Pass();
                break;
            default:
                break;
        }

        return inner.QueueMessage(message);
    }

    public void Dispose()
    {
        // The one below belongs to xunit.
    }

    private string? SkipReason(ITestFailed failed) =>
        failed.ExceptionTypes is [var type] && type == typeof(MissingFeatureException).FullName ? test.SkipReason(failed.Messages[0]) : null;
}
