using System.Text;
using NetLab.Cli;

if (Room.Problem() is { } lacking)
{
    using var error = new StandardStream(Console.OpenStandardError(), name: null);
    error.Write(Encoding.UTF8.GetBytes($"netlab: {lacking}\n"));
    return ExitCode.Lacking;
}

RuntimeSockets.Remove();
NetLab.Lab.ReserveThreads();
using var terminal = Terminal.OfThisProcess();
return await NetLabCommand.RunAsync(args, terminal).ConfigureAwait(false);
