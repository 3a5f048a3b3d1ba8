using NetLab.Xunit;

namespace NetLab.Cli.Tests;

/// <summary>A teaching lab is done at a terminal.</summary>
public sealed class LessonTests : IDisposable
{
    private const string Lab = $$"""
        name: give b an address
        lab:
          nodes:
            a: { devices: { eth0: { addresses: 10.0.0.1/24 } } }
            b: { devices: { eth0: {} } }
            sw:
              bridges: { br0: {} }
              vms: { vm1: { bridge: br0, addresses: 10.1.0.1/24 }, vm2: { bridge: br0, addresses: 10.1.0.2/24, answers: [] } }
          links: ['a:eth0 -- b:eth0']
        steps:
        {{Samples.GiveAnAddress}}
        - predict: receivers
          send: { from: vm1, to: vm2, udp: 53 }
        - task: Let vm2 answer.
          hint: It says nothing at all.
          solution:
            - set: { vm: vm2, answers: [arp, ping] }
          check:
            - ping: vm1 -> vm2
        - say: That is all.
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("netlab-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [LabFact]
    public async Task A_student_acts_in_a_node_asks_for_hints_and_is_told_what_is_still_wrong()
    {
        await using var session = Start();
        await session.ExpectAsync("Two nodes and a cable.");
        await session.ExpectAsync("Give eth0 of b the address");
        await Type("task 1> ", "check");
        await session.ExpectAsync("✗ a reaches it");
        await session.ExpectAsync("Not done yet");
        await Type("task 1> ", "hint");
        await session.ExpectAsync("Hint 1 of 2: It is done with ip address.");
        await Type("task 1> ", "b");
        await Type("b ", "ip address add 10.0.0.3/24 dev eth0; hostname");
        await session.ExpectAsync("\nb\n");
        await Type(" # ", "hint");
        await session.ExpectAsync("Hint 2 of 2");
        await Type(" # ", "check");
        await session.ExpectAsync("✗ a reaches it");
        await Type(" # ", "ip address add 10.0.0.2/24 dev eth0 && check");
        await session.ExpectAsync("✓ a reaches it");
        await session.ExpectAsync("Done, and the checks agree");
        await session.ExpectAsync("A question comes next");
        await Type(" # ", "exit");
        await session.ExpectAsync("vm1 sends UDP 53 to vm2");
        await Type("prediction> ", "shell sw");
        await Type("sw ", "hostname; exit");
        await session.ExpectAsync("\nsw\n");
        await Type("prediction> ", "check");
        await session.ExpectAsync("This is no task: it asks what will happen. Names of VMs and nodes, or 'nobody' are an answer");
        await Type("prediction> ", "vm2, sw");
        await session.ExpectAsync("Not quite: vm2 receives it, nobody else.");
        await session.ExpectAsync("You said sw, and that did not happen.");
        await session.ExpectAsync("✓ 2  vm1 sends UDP 53 to vm2");
        await Type("task 2> ", "explain vm1 vm2");
        await session.ExpectAsync("vm2 (node sw, tap-vm2) receives the frame from vm1");
        await Type("task 2> ", "solution");
        await session.ExpectAsync("That is all.");
        Assert.Equal(0, await session.EndAsync());
        Assert.Contains("3 passed, 0 failed", session.Screen);

        async Task Type(string prompt, string line) => await (await session.ExpectAsync(prompt)).TypeAsync(line);
    }

    [LabFact]
    public async Task Another_terminal_reaches_the_lab_while_it_is_done()
    {
        await using var session = Start();
        await session.ExpectAsync("task 1> ");
        await using (var other = TerminalSession.Start(Sockets, "shell", "b"))
        {
            await (await other.ExpectAsync(" # ")).TypeAsync("ip address add 10.0.0.2/24 dev eth0 && stty size && exit");
            await other.ExpectAsync("40 100");
            Assert.Equal(0, await other.EndAsync());
        }

        await session.TypeAsync("check");
        await session.ExpectAsync("Done, and the checks agree");
        await session.TypeAsync("");
        await (await session.ExpectAsync("task 2> ")).TypeAsync("quit");
        Assert.Equal(0, await session.EndAsync());
    }

    [LabFact]
    public async Task A_terminal_that_is_closed_leaves_no_socket()
    {
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (var session = Start())
        {
            await session.ExpectAsync("task 1> ");
            var watcher = new FileSystemWatcher(Sockets, "*.sock") { EnableRaisingEvents = true };
            watcher.Deleted += (_, _) => gone.TrySetResult();
            Assert.Single(Directory.GetFiles(Sockets, "*.sock"));
            _ = gone.Task.ContinueWith(_ => watcher.Dispose(), TaskScheduler.Default);
        }

        await gone.Task.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Empty(Directory.GetFiles(Sockets, "*.sock"));
    }

    [LabTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Ctrl_C_at_the_prompt_leaves_nothing_and_in_a_shell_it_is_the_program_s(bool inShell)
    {
        await using var session = Start();
        await session.ExpectAsync("task 1> ");
        if (inShell)
        {
            await session.TypeAsync("a");
            // What is typed is shown before it runs, and a Ctrl-C between the two is nobody's.
            await (await session.ExpectAsync(" # ")).TypeAsync("sh -c 'echo run''ning; exec sleep 1000'; echo woken $?");
            await session.ExpectAsync("running");
            await session.KeysAsync("\u0003");
            await (await session.ExpectAsync(" # ")).TypeAsync("exit");
            await session.ExpectAsync("task 1> ");
        }

        await session.KeysAsync("\u0003");
        Assert.Equal(130, await session.EndAsync());
        Assert.Contains("nothing of the lab is left", session.Screen);
        Assert.Empty(Directory.GetFileSystemEntries(Sockets));
    }

    [LabFact]
    public async Task With_demo_the_lab_does_its_tasks_itself_at_a_terminal_too()
    {
        await using var session = TerminalSession.Start(Sockets, "run", "--demo", File());
        Assert.Equal(0, await session.EndAsync());
        Assert.DoesNotContain("task 1>", session.Screen);
        Assert.Contains("Who will receive it? vm2 receives it, nobody else", session.Screen);
        Assert.Contains("3 passed, 0 failed", session.Screen);
    }

    [LabFact]
    public async Task A_task_that_the_machine_lacks_something_for_is_skipped_with_the_reason_when_it_is_checked()
    {
        var file = Path.Combine(_folder, "guest.yaml");
        await System.IO.File.WriteAllTextAsync(file, """
            name: A guest
            lab: { nodes: { host: { devices: { tap0: { type: tap } } } } }
            steps:
              - task: Make room for a guest.
                check:
                  - boot: { device: 'host:tap0', address: 10.0.0.2/24 }
            """);
        await using var session = TerminalSession.StartWithoutGuests(Sockets, "run", file);

        await (await session.ExpectAsync("task 1> ")).TypeAsync("check");
        await session.ExpectAsync("⇒ Skipped: this machine has no ");
        Assert.Equal(0, await session.EndAsync());
        Assert.DoesNotContain("Not done yet", session.Screen);
    }

    private string Sockets => Path.Combine(_folder, "labs");

    private TerminalSession Start() => TerminalSession.Start(Sockets, "run", File());

    private string File()
    {
        var file = Path.Combine(_folder, "lab.yaml");
        System.IO.File.WriteAllText(file, Lab);
        return file;
    }
}
