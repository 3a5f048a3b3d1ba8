using System.CommandLine;

namespace NetLab.Cli.Commands;

/// <summary><c>netlab new lab NAME</c>, <c>netlab new scenario NAME</c>: writes a file to begin with, which runs as it is.</summary>
internal static class NewCommand
{
    private const string Network = """
        lab:
          nodes:
            sw:
              bridges:
                br0: {}
              vms:
                vm1: { bridge: br0, addresses: 10.0.0.1/24 }
                vm2: { bridge: br0, addresses: 10.0.0.2/24 }

        """;

    private const string Steps = """
        steps:
          - name: vm2 answers vm1
            ping: vm1 -> vm2
          - name: a datagram takes the way over the bridge
            send: { from: vm1, to: vm2, udp: 53 }
            expect: { at: vm2, via: tap-vm1 > br0 > tap-vm2 }

        """;

    private const string Tasks = """
        steps:
          - say: >
              What the student reads first.

          - predict: receivers
            send: { from: vm1, to: vm2, udp: 53 }
            expect: vm2

          - task: Cut vm2 off, without taking its tap out of the bridge.
            hint:
              - A faint hint first.
              - "The plain one last: ip link set dev tap-vm2 down, in sw."
            solution:
              - exec: { node: sw, run: ip link set dev tap-vm2 down }
            check:
              - name: nothing comes to vm2
                send: { from: vm1, to: vm2, udp: 53 }
                expect-none: vm2

        """;

    public static Command Create(Terminal terminal) => new("new", "Write a file to begin with")
    {
        Kind(terminal, "scenario", "A network and steps that look at it", Steps),
        Kind(terminal, "lab", "A teaching lab, with narration, a prediction and a task", Tasks),
    };

    private static Command Kind(Terminal terminal, string kind, string about, string steps)
    {
        var name = new Argument<string>("name") { Description = "The file's name, without .yaml" };
        var command = new Command(kind, about) { name };
        command.SetAction(parsed =>
        {
            var file = $"{parsed.GetRequiredValue(name)}.yaml";
            if (File.Exists(file))
            {
                throw new InputException($"{file} is there already; take another name");
            }

            var title = Path.GetFileNameWithoutExtension(file).Replace("'", "''", StringComparison.Ordinal);
            OutputFile.Write(file, path => File.WriteAllText(path, $"name: '{title}'\n" + Network + "\n" + steps));
            terminal.Page.Line($"{Page.Styled(file, "bold")}   {Page.Styled($"netlab {(kind == "lab" ? "lab verify" : "run")} {file}", "grey")}");
            return ExitCode.Fine;
        });
        return command;
    }
}
