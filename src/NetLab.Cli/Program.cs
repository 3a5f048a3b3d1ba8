using NetLab.Cli;

if (Room.Problem() is { } lacking)
{
    Console.Error.WriteLine($"netlab: {lacking}");
    return ExitCode.Lacking;
}

RuntimeSockets.Remove();
NetLab.Lab.ReserveThreads();
using var terminal = Terminal.OfThisProcess();
return await NetLabCommand.RunAsync(args, terminal).ConfigureAwait(false);
