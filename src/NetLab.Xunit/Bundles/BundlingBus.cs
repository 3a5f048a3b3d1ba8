using Xunit.Abstractions;
using Xunit.Sdk;

namespace NetLab.Xunit;

/// <summary>Between a test and xunit: adds the bundle of a failed test to the failure's text.</summary>
internal sealed class BundlingBus(IMessageBus inner, TestScope scope) : IMessageBus
{
    public bool QueueMessage(IMessageSinkMessage message)
    {
        switch (message)
        {
            case ITestFailed failed:
                string what = string.Join(Environment.NewLine, failed.ExceptionTypes.Zip(failed.Messages, (type, text) => $"{type}: {text}").Concat(failed.StackTraces));
                string bundle = scope.Keep(what);
                string[] messages = [.. failed.Messages];
                if (messages.Length > 0)
                {
                    messages[0] += bundle;
                }

                message = new TestFailed(failed.Test, failed.ExecutionTime, failed.Output, failed.ExceptionTypes, messages, failed.StackTraces, failed.ExceptionParentIndices);
                break;
            case ITestFinished:
                scope.Forget();
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
}
