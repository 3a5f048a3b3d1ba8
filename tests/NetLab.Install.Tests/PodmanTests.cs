using System.Runtime.Versioning;

namespace NetLab.Install.Tests;

/// <summary>A user without privileges, to whom Podman gives containers: scenarios and lab tests do what they do in those of Docker.</summary>
[Collection(nameof(LocalFeed))]
[SupportedOSPlatform("linux")]
public sealed class PodmanTests(LocalFeed feed)
{
    [PodmanFact]
    public async Task By_Podman_without_root_scenarios_run_each_test_is_told_a_filter_holds_and_an_interrupt_leaves_no_container()
    {
        var project = await ContainedTests.BuildAsync(feed, "v2", "vstest");
        var folder = feed.NewProject("podman");
        File.WriteAllText(Path.Combine(folder, "user"), AsUser(folder));
        File.SetUnixFileMode(feed.Folder, (UnixFileMode)0b111_101_101);
        var (code, output) = await feed.RunAsync(folder, $$"""
            chmod +x user
            mkdir -p home/run home/.config/containers tree
            printf '[storage]\ndriver = "overlay"\n' >home/.config/containers/storage.conf
            (cat /etc/passwd; echo 'lab:x:4711:4711::{{folder}}/home:/bin/sh') >passwd
            (cat /etc/group; echo 'lab:x:4711:') >group
            echo lab:200000:65536 | tee subuid >subgid
            mknod tun c 10 200
            chmod 666 tun
            cp -r {{project}}/bin/Debug/net10.0 tests
            chown -R 4711:4711 home tests
            {{SourceTree.Root}}/docker/netlab --ready-to-run >image
            docker save "$(cat image)" | ./user podman load
            """);
        Assert.True(code == 0, output);

        (code, var scenario) = await feed.RunAsync(folder, "./user ../tree/docker/netlab run ../tree/scenarios/openstack/hybrid-plug.yaml");
        var dll = Path.GetFileName(project) + ".dll";
        (var failed, var told) = await feed.RunAsync(folder, $"./user dotnet test {dll} --logger 'trx;LogFileName=r.trx' --results-directory ../home/results");
        (_, var filtered) = await feed.RunAsync(folder, $"./user dotnet test {dll} --filter DisplayName~10.0.0.3");
        (_, var interrupted) = await feed.RunAsync(folder, $$"""
            containers() { ./user podman ps --all --quiet "$@" 2>/dev/null; }
            set -m
            ./user env NETLAB_MAY_WAIT=1 env --default-signal=INT dotnet test {{dll}} --filter DisplayName~Waits & run=$!
            trap 'kill -KILL -- -$run 2>/dev/null' EXIT INT TERM
            for i in $(seq 60); do [ -z "$(containers --filter status=running)" ] || break; sleep 0.5; done
            [ -n "$(containers --filter status=running)" ] && echo 'it runs'
            kill -INT -- -$run
            for i in $(seq 60); do [ -n "$(containers)" ] || break; sleep 0.5; done
            [ -z "$(containers)" ] && echo 'it is gone'
            """);

        // What holds the user's namespaces between two containers ends with this.
        (var ended, var last) = await feed.RunAsync(folder, "./user podman system migrate");

        Assert.True(code == 0, scenario);
        Assert.Contains("9 passed, 0 failed, 0 skipped", scenario, StringComparison.Ordinal);
        Assert.True(failed == 1, told);
        ContainerTests.AssertTold(Path.Combine(folder, "home/results/r.trx"), "podman", Path.Combine(folder, "home/bundles"));
        Assert.Contains("Passed:     1, Skipped:     0, Total:     1", filtered, StringComparison.Ordinal);
        Assert.Contains("it runs", interrupted, StringComparison.Ordinal);
        Assert.Contains("it is gone", interrupted, StringComparison.Ordinal);
        Assert.True(ended == 0, last);
    }

    // In a mount namespace of its own the user is one of this machine, has a range of further users for containers, may open taps, and sees this tree
    // wherever that is.
    private static string AsUser(string folder) => $$"""
        #!/bin/bash
        cd '{{folder}}'
        exec unshare --mount --propagation private bash -ec '
          mount --bind "$1" tree
          for file in passwd group subuid subgid; do mount --bind $file /etc/$file; done
          mount --bind tun /dev/net/tun
          home=$PWD/home image=$(cat image)
          cd tests
          exec setpriv --reuid 4711 --regid 4711 --clear-groups --inh-caps=-all env HOME="$home" DOTNET_CLI_HOME="$home" XDG_RUNTIME_DIR="$home/run" \
            NETLAB_ENGINE=podman NETLAB_IMAGE="$image" NETLAB_BUNDLES="$home/bundles" "${@:2}"
          ' bash '{{SourceTree.Root}}' "$@"

        """;
}
