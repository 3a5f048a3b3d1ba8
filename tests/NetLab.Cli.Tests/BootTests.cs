using NetLab.Xunit;

namespace NetLab.Cli.Tests;

/// <summary>The step <c>boot</c> where the machine lacks what a guest needs. Where it has all, the example in docs/scenarios.md boots one.</summary>
public sealed class BootTests : IDisposable
{
    private const string Yaml = """
        name: A guest
        lab:
          nodes:
            host: { devices: { tap0: { type: tap, addresses: 10.0.0.1/24 } } }
        steps:
          - claim: The guest answers
            check:
              - boot: { device: 'host:tap0', address: 10.0.0.2/24 }
              - exec: { node: host, run: ping -c 1 10.0.0.2 }
          - exec: { node: host, run: ip link }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("netlab-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [LabFact]
    public async Task Without_what_a_guest_needs_the_claim_is_skipped_with_the_reason_and_the_rest_goes_on()
    {
        var file = Path.Combine(_folder, "guest.yaml");
        await File.WriteAllTextAsync(file, Yaml);

        var result = await NetLabProcess.RunWithoutGuestsAsync("run", file);

        Assert.Equal(0, result.ExitCode);
        Assert.Contains("this machine has no ", result.Output);
        Assert.Contains("was skipped", result.Output);
        Assert.Contains("1 passed, 0 failed, 1 skipped", result.Output);
    }

    [LabFact]
    public async Task A_busybox_that_needs_libraries_is_none_and_what_cannot_be_executed_is_no_program()
    {
        var file = Path.Combine(_folder, "guest.yaml");
        await File.WriteAllTextAsync(file, Yaml);
        await File.WriteAllTextAsync(Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, "text")).FullName, "busybox"), "no program");

        // The shell stands for both programs: it is dynamic.
        var result = await NetLabProcess.FinishAsync(NetLabProcess.StartShell(
            $"mkdir {_folder}/bin; cp $(readlink -f /bin/sh) {_folder}/bin/busybox; cp {_folder}/bin/busybox {_folder}/bin/qemu-system-x86_64; "
            + $"PATH={_folder}/text:{_folder}/bin:$PATH; {NetLabProcess.HideGuests}", "run", file));

        Assert.Equal(0, result.ExitCode);
        Assert.Contains("this machine has no static busybox (package busybox-static)", result.Output);
    }
}
