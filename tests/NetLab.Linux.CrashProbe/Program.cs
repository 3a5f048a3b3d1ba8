// A process for tests to kill, or to look at: what it does is in the first argument.
using NetLab.Linux.CrashProbe;

[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]

return args switch
{
    ["build", var observer] => Builder.Run(observer),
    ["threads"] => await ThreadWalk.RunAsync().ConfigureAwait(false),
    _ => 2,
};
