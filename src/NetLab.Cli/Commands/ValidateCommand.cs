using System.CommandLine;

namespace NetLab.Cli.Commands;

/// <summary><c>netlab validate FILE…</c>: whether files are scenarios, without building anything; <c>netlab new lab NAME</c> begins one.</summary>
internal static class ValidateCommand
{
    public static Command Create(Terminal terminal)
    {
        var files = new Argument<string[]>("file") { Description = "Scenarios", Arity = ArgumentArity.OneOrMore };
        files.Validators.Add(ScenarioFiles.Check);
        var command = new Command("validate", "Read scenarios and tell every mistake by its place; nothing is built") { files };
        command.SetAction(parsed =>
        {
            foreach (var run in ScenarioFiles.Describe(parsed.GetRequiredValue(files)))
            {
                terminal.Page.Line($"[green]✓[/] {Page.Styled(run.Document.File, null)}  {Page.Styled(run.Document.Name, "grey")}");
            }

            return ExitCode.Fine;
        });
        return command;
    }
}
