namespace NetLab.Scenarios;

/// <summary>How a kind of part is written: its key in a node, and what adds it there.</summary>
internal sealed class PartKind
{
    private PartKind(string key, Action<ObjectShape<NodeEntry>> addTo) => (Key, AddTo) = (key, addTo);

    /// <summary>The key: <c>bridges</c>.</summary>
    public string Key { get; }

    /// <summary>Adds the key to a node's mapping.</summary>
    public Action<ObjectShape<NodeEntry>> AddTo { get; }

    /// <summary>A mapping of names to parts.</summary>
    public static PartKind Named<T>(string key, string document, ScalarShape<string> names, Shape<T> part, string noun)
        where T : Part => new(key, node => node.With(key, document, new MapShape<T>(names, part, noun), (entry, value) =>
        {
            foreach (var (name, one) in value.Value)
            {
                one.Name = name;
                entry.Put(key, one);
            }
        }));

    /// <summary>A list of parts; <paramref name="each"/> is what an item is called.</summary>
    public static PartKind Listed<T>(string key, string document, string each, Shape<T> part)
        where T : Part => new(key, node => node.With(key, document, new ListShape<T>(each, part), (entry, value) =>
        {
            foreach (var (one, _) in value.Value)
            {
                entry.Put(key, one);
            }
        }));

    /// <summary>One part, made of the key's value.</summary>
    public static PartKind Single<T>(string key, string document, Shape<T> shape, Func<Located<T>, Part> part) =>
        new(key, node => node.With(key, document, shape, (entry, value) =>
        {
            var one = part(value);
            one.At = value.At;
            entry.Put(key, one);
        }));
}
