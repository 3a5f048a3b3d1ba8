using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using k8s;
using k8s.Models;

namespace NetLab.Tests;

/// <summary>Scenarios in eight shards on the engines of docs/many-machines.md: their one report is that of one run.</summary>
public sealed partial class ManyMachinesTests(ShardedRun sharded) : IClassFixture<ShardedRun>
{
    private static string JobYaml => File.ReadAllText(Path.Combine(ShardedRun.Root(), "docker/kubernetes/job.yaml"));

    [EngineFact]
    public async Task Eight_shards_on_two_nodes_of_Slurm_report_what_one_run_does()
    {
        var (code, report, words) = await ShardedRun.RunAsync("docker/slurm/run", "--json", sharded.Folder);
        Assert.True(code == 1, words);
        Assert.Equal(sharded.OfOneRun, ShardedRun.Outcomes(report));
        Assert.Empty(JsonNode.Parse(report)!["missingShards"]!.AsArray());
    }

    [EngineFact]
    public async Task A_node_of_Slurm_that_is_lost_in_the_middle_is_told_by_the_shard_that_it_ran()
    {
        var (code, report, words) = await ShardedRun.RunAsync("docker/slurm/run", "--lose", "node2", "--json", sharded.Folder);
        Assert.True(code == 1, words);
        var lost = LostShard().Match(words).Groups[1].Value;
        Assert.Equal([lost + "/8"], JsonNode.Parse(report)!["missingShards"]!.AsArray().Select(s => (string)s!));
        Assert.Subset(sharded.OfOneRun.ToHashSet(), ShardedRun.Outcomes(report).ToHashSet());
        Assert.Empty((await ShardedRun.RunAsync("docker", "ps", "--all", "--quiet", "--filter", "ancestor=netlab-slurm")).Output);
    }

    [EngineFact]
    public async Task A_job_of_Swarm_reports_what_one_run_does()
    {
        var (code, report, words) = await ShardedRun.RunAsync("docker/swarm/run", "--json", sharded.Folder);
        Assert.True(code == 1, words);
        Assert.Equal(sharded.OfOneRun, ShardedRun.Outcomes(report));
        Assert.Empty(JsonNode.Parse(report)!["missingShards"]!.AsArray());
    }

    // The block of the page is a part of the script that is run above.
    [Fact]
    public void The_page_shows_the_job_of_Swarm_as_it_is_run()
    {
        var page = File.ReadAllText(Path.Combine(ShardedRun.Root(), "docs/many-machines.md"));
        var block = page[page.IndexOf("docker service create", StringComparison.Ordinal)..];
        Assert.Contains(block[..block.IndexOf("```", StringComparison.Ordinal)], File.ReadAllText(Path.Combine(ShardedRun.Root(), "docker/swarm/run")),
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_Job_of_Kubernetes_is_one_to_its_API_and_asks_for_no_more_than_labs_need()
    {
        var job = KubernetesYaml.Deserialize<V1Job>(JobYaml, strict: true);
        var container = Assert.Single(job.Spec.Template.Spec.Containers);

        Assert.Equal("Indexed", job.Spec.CompletionMode);
        Assert.Equal(job.Spec.Completions.ToString(), Assert.Single(container.Env, e => e.Name == "NETLAB_SHARDS").Value);
        Assert.Null(container.SecurityContext.Privileged);
        Assert.Equal(["ALL"], container.SecurityContext.Capabilities.Drop);
        Assert.Equal(NetLabContainerBuilder.Capabilities, container.SecurityContext.Capabilities.Add);
        Assert.Empty(container.VolumeMounts.Select(m => m.Name).Except(job.Spec.Template.Spec.Volumes.Select(v => v.Name)));
        Assert.ThrowsAny<Exception>(() => KubernetesYaml.Deserialize<V1Job>(JobYaml.Replace("completionMode", "completionsMode"), strict: true));
    }

    [EngineFact]
    public async Task The_pods_of_the_Job_of_Kubernetes_report_what_one_run_does()
    {
        var root = ShardedRun.Root();
        var (built, image, log) = await ShardedRun.RunAsync("docker/netlab", "--ready-to-run");
        Assert.True(built == 0, log);
        (built, _, log) = await ShardedRun.RunAsync("docker", "build", "--file", Path.Combine(root, "docker/kubernetes/Dockerfile"),
            "--build-arg", $"IMAGE={image.Trim()}", "--tag", "netlab-kubernetes", Path.Combine(root, "artifacts/build/bin/NetLab.Cli/release"));
        Assert.True(built == 0, log);
        var results = sharded.FolderFor("results of Kubernetes");
        var job = KubernetesYaml.Deserialize<V1Job>(JobYaml, strict: true);

        await Parallel.ForAsync(0, job.Spec.Completions!.Value, new ParallelOptions { MaxDegreeOfParallelism = 2 }, async (index, _) =>
        {
            var scenarios = ConfigMapVolume(sharded.FolderFor($"volume of pod {index}"));
            var (ended, output, words) = await ShardedRun.RunAsync("docker", PodOf(job, index, scenarios, results));
            Assert.True(ended == 0, output + words);
        });

        var (code, report, said) = await ShardedRun.RunAsync("docker/netlab", "merge", results, "--json");
        Assert.True(code == 1, said);
        Assert.Equal(sharded.OfOneRun, ShardedRun.Outcomes(report));
        Assert.Empty(JsonNode.Parse(report)!["missingShards"]!.AsArray());
    }

    // As the kubelet lays it out: the files are links into a folder whose name has the time at which the pod came.
    private string ConfigMapVolume(string folder)
    {
        var data = Directory.CreateDirectory(Path.Combine(folder, $"..{Guid.NewGuid()}")).FullName;
        Directory.CreateSymbolicLink(Path.Combine(folder, "..data"), Path.GetFileName(data));
        foreach (var scenario in Directory.EnumerateFiles(sharded.Folder, "*.yaml"))
        {
            var name = Path.GetFileName(scenario);
            File.Copy(scenario, Path.Combine(data, name));
            File.CreateSymbolicLink(Path.Combine(folder, name), $"..data/{name}");
        }

        return folder;
    }

    // The container of a pod as this engine would have it; what is not translated here would be missed by the labs.
    private static string[] PodOf(V1Job job, int index, string scenarios, string results)
    {
        var pod = job.Spec.Template.Spec;
        var container = pod.Containers.Single();
        var sources = pod.Volumes.ToDictionary(v => v.Name,
            v => v.ConfigMap is not null ? scenarios : v.PersistentVolumeClaim is not null ? results : v.HostPath.Path);
        return [
            "run", "--rm", "--workdir", container.WorkingDir, "--user", $"{container.SecurityContext.RunAsUser}",
            .. container.SecurityContext.Capabilities.Drop.SelectMany(c => new[] { "--cap-drop", c }),
            .. container.SecurityContext.Capabilities.Add.SelectMany(c => new[] { "--cap-add", c }),
            "--security-opt", $"seccomp={container.SecurityContext.SeccompProfile.Type.ToLowerInvariant()}",
            "--security-opt", $"apparmor={container.SecurityContext.AppArmorProfile.Type.ToLowerInvariant()}",
            .. container.VolumeMounts.SelectMany(m => new[]
                { "--mount", $"type=bind,source={sources[m.Name]},target={m.MountPath}{(m.ReadOnlyProperty == true ? ",readonly" : "")}" }),
            .. container.Env.SelectMany(e => new[] { "--env", $"{e.Name}={e.Value}" }),
            "--env", $"JOB_COMPLETION_INDEX={index}", "--entrypoint", container.Command[0], "netlab-kubernetes", .. container.Command.Skip(1)];
    }

    [GeneratedRegex("node2 is killed while it runs shard ([1-8])")]
    private static partial Regex LostShard();
}
