using System.Globalization;

namespace NetLab.Cli.Sharding;

/// <summary>One of several parts of the same work: number 3 of 8, counted from 1.</summary>
internal readonly record struct Shard(int Number, int Count)
{
    /// <summary>The word for: as the engine says that started this process.</summary>
    public const string Auto = "auto";

    /// <summary>The variable for any engine: <c>NETLAB_SHARD=3/8</c>.</summary>
    public const string Variable = "NETLAB_SHARD";

    /// <summary>The variable with the count, for an engine that gives the number alone.</summary>
    public const string CountVariable = "NETLAB_SHARDS";

    /// <summary>Reads <c>3/8</c>, or <see cref="Auto"/> by the environment.</summary>
    /// <param name="text">What the command line says.</param>
    /// <param name="environment">The value of a variable, null or empty where there is none.</param>
    /// <exception cref="InputException">It is neither; or the environment says nothing, or no number within the count.</exception>
    public static Shard Parse(string text, Func<string, string?> environment)
    {
        if (text != Auto)
        {
            return Of(text, "--shard");
        }

        // What says most comes first: a runner of GitLab may itself be a job of Kubernetes.
        if (environment(Variable) is { Length: > 0 } own)
        {
            return Of(own, Variable);
        }

        if (environment("CI_NODE_TOTAL") is { Length: > 0 } total)
        {
            return Within(ReadNumber("CI_NODE_INDEX", environment), ReadNumber("CI_NODE_TOTAL", total), "CI_NODE_INDEX");
        }

        if (environment("SLURM_ARRAY_TASK_ID") is { Length: > 0 })
        {
            var first = ReadNumber("SLURM_ARRAY_TASK_MIN", environment);
            var step = ReadNumber("SLURM_ARRAY_TASK_STEP", environment("SLURM_ARRAY_TASK_STEP") ?? "1");
            return Within(((ReadNumber("SLURM_ARRAY_TASK_ID", environment) - first) / Math.Max(step, 1)) + 1, ReadNumber("SLURM_ARRAY_TASK_COUNT", environment),
                "SLURM_ARRAY_TASK_ID, counted from SLURM_ARRAY_TASK_MIN,");
        }

        if (environment("SWARM_TASK_SLOT") is { Length: > 0 } slot)
        {
            // Swarm counts the tasks of a job from 0, and its template {{.Task.Slot}} has the node's id, 25 letters and digits, in place of 0.
            var index = slot.Length == 25 && slot.All(char.IsAsciiLetterOrDigit) ? 0 : ReadNumber("SWARM_TASK_SLOT", slot);
            return Within(index + 1, ReadNumber(CountVariable, environment), "SWARM_TASK_SLOT, counted from 0,");
        }

        if (environment("JOB_COMPLETION_INDEX") is { Length: > 0 })
        {
            return Within(ReadNumber("JOB_COMPLETION_INDEX", environment) + 1, ReadNumber(CountVariable, environment), "JOB_COMPLETION_INDEX, counted from 0,");
        }

        throw new InputException($"--shard {Auto} finds none of {Variable} (3/8), CI_NODE_INDEX with CI_NODE_TOTAL (GitLab), SLURM_ARRAY_TASK_ID (Slurm), " +
            $"SWARM_TASK_SLOT (Swarm) or JOB_COMPLETION_INDEX (Kubernetes) with {CountVariable} in the environment");
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Number}/{Count}";

    private static Shard Of(string text, string whose) =>
        text.Split('/') is [var number, var count]
            && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var n)
            && int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var of)
            ? Within(n, of, whose)
            : throw new InputException($"{whose} is '{text}', and a shard is written 3/8: the third of eight");

    private static Shard Within(int number, int count, string whose) =>
        number >= 1 && number <= count ? new Shard(number, count) : throw new InputException($"{whose} says shard {number} of {count}, which there is not");

    private static int ReadNumber(string variable, Func<string, string?> environment) => ReadNumber(variable, environment(variable) ?? "");

    private static int ReadNumber(string variable, string value) => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        ? number : throw new InputException(value.Length == 0 ? $"{variable} is not in the environment" : $"{variable} is '{value}', which is no number");
}
