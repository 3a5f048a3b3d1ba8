using NetLab.Cli;

using var terminal = Terminal.OfThisProcess();
return await NetLabCommand.RunAsync(args, terminal).ConfigureAwait(false);
