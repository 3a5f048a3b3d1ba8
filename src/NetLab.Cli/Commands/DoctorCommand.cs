using System.CommandLine;
using NetLab.Cli.Doctor;

namespace NetLab.Cli.Commands;

/// <summary><c>netlab doctor</c>: what this machine has and lacks, how that was found out, and what to do about it.</summary>
internal static class DoctorCommand
{
    public static Command Create(Terminal terminal)
    {
        var json = new Option<bool>("--json") { Description = "Write one JSON document" };
        var command = new Command("doctor", "Tell what this machine has and lacks for labs") { json };
        command.SetAction(parsed =>
        {
            var report = DoctorReport.OfThisMachine();
            if (parsed.GetValue(json))
            {
                terminal.WriteJson(report.ToJson());
            }
            else
            {
                DoctorView.Write(report, terminal.Page);
            }

            return report.CanRun ? ExitCode.Fine : ExitCode.Lacking;
        });
        return command;
    }
}
