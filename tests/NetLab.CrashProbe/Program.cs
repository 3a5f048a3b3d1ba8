// A process for tests to kill, or to look at: what it does is in the first argument.
using NetLab.CrashProbe;

return args switch
{
    ["lab", .. var options] => await LabRounds.RunAsync(options),
    ["namespaces", var observer] => NamespaceRounds.Run(observer),
    ["threads"] => await ThreadWalk.RunAsync(),
    ["garbage"] => await ThreadWalk.CollectInsideAsync(),
    _ => 2,
};
