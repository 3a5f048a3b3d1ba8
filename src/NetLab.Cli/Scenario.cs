using NetLab.Scenarios;

namespace NetLab.Cli;

/// <summary>Finding and reading a scenario file, with one clear message where that fails.</summary>
internal static class Scenario
{
    public static ScenarioDocument Load(string path)
    {
        if (Directory.Exists(path))
        {
            throw new FileNotFoundException($"{path} is a folder; name a scenario file, for example {Example(path)}");
        }

        return File.Exists(path)
            ? ScenarioDocument.Load(path)
            : throw new FileNotFoundException($"{path}: there is no such file (looked in {Directory.GetCurrentDirectory()})");
    }

    private static string Example(string folder) =>
        Directory.EnumerateFiles(folder, "*.yaml", SearchOption.AllDirectories).Order(StringComparer.Ordinal).FirstOrDefault() ?? $"{folder}/lab.yaml";
}
