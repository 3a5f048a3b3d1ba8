using NetLab.Cli;

NetLab.Lab.ReserveThreads();
using var terminal = Terminal.OfThisProcess();
return await NetLabCommand.RunAsync(args, terminal).ConfigureAwait(false);
