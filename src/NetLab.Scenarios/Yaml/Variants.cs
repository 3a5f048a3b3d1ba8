namespace NetLab.Scenarios.Yaml;

/// <summary>
/// One description with several variants: a mapping whose keys are all names of variants stands for the value of the one that is chosen. Where that has
/// none, the key or the item that it is the value of is left out; an item of a list that is a list itself stands for its items.
/// </summary>
internal static class Variants
{
    private const string Key = "variants";

    /// <summary>The names under 'variants', in the order of the file; none where there is no such key. What is wrong there is the reader's to tell.</summary>
    public static IReadOnlyList<string> Declared(YamlValue root) =>
        root is YamlMapping mapping && mapping.Entries.FirstOrDefault(entry => entry.Key.Text == Key).Value is YamlSequence list
            ? [.. list.Items.OfType<YamlScalar>().Select(name => name.Text)]
            : [];

    /// <summary>The file with the chosen values.</summary>
    public static YamlValue Pick(YamlValue root, string chosen)
    {
        var names = Declared(root).ToHashSet();
        return root is YamlMapping mapping ? mapping with { Entries = [.. Entries(mapping)] } : root;

        bool IsChoice(YamlValue value) => value is YamlMapping { Entries: { Count: > 0 } entries } && entries.All(entry => names.Contains(entry.Key.Text));

        YamlValue? Of(YamlValue value) => value switch
        {
            YamlMapping choice when IsChoice(choice) =>
                choice.Entries.FirstOrDefault(entry => entry.Key.Text == chosen).Value is { } picked ? Of(picked) : null,
            YamlMapping inner => inner with { Entries = [.. Entries(inner)] },
            YamlSequence list => list with { Items = [.. list.Items.SelectMany(Items)] },
            _ => value,
        };

        IEnumerable<(YamlScalar, YamlValue)> Entries(YamlMapping inner)
        {
            foreach (var (key, value) in inner.Entries)
            {
                if (Of(value) is { } remains)
                {
                    yield return (key, remains);
                }
            }
        }

        IEnumerable<YamlValue> Items(YamlValue item) =>
            (Of(item), IsChoice(item)) switch
            {
                (null, _) => [],
                (YamlSequence several, true) => several.Items,
                ({ } one, _) => [one],
            };
    }
}
