namespace NetLab.Scenarios;

/// <summary>How a kind of step is written: the keys that it adds to those of a step.</summary>
/// <param name="key">The key that says it: <c>ping</c>.</param>
internal abstract class StepKind(string key)
{
    public string Key => key;

    /// <summary>Whether it is what a step does; what only judges an action may also stand beside one.</summary>
    public bool IsAction { get; init; } = true;

    /// <summary>Keys of other kinds, or common ones, that may stand beside it.</summary>
    public IReadOnlyList<string> Beside { get; init; } = [];

    /// <summary>The keys that mean nothing without the right action: what to say when they stand beside another.</summary>
    public List<SideKey> SideKeys { get; } = [];

    /// <summary>Adds the keys to a step's mapping.</summary>
    public abstract void AddTo(ObjectShape<StepEntry> shape);
}

/// <summary>A key that stands beside an action.</summary>
/// <param name="Key">The key.</param>
/// <param name="Belongs">What it is about: "is about a claim".</param>
/// <param name="Right">Where it goes.</param>
internal sealed record SideKey(string Key, string Belongs, string Right);

/// <inheritdoc/>
internal sealed class StepKind<T>(string key) : StepKind(key)
    where T : Step, new()
{
    private readonly List<Action<ObjectShape<StepEntry>>> _keys = [];

    /// <summary>The key's value is the step itself.</summary>
    public StepKind<T> Of(string document, Shape<T> shape)
    {
        _keys.Add(step => step.With(Key, document, shape, (entry, value) => entry.Take(this, value.Value)));
        return this;
    }

    /// <summary>A key whose value is a part of the step; with <paramref name="side"/>, one that stands beside an action.</summary>
    public StepKind<T> With<TValue>(string key, string document, Shape<TValue> shape, Action<T, Located<TValue>> set, SideKey? side = null)
    {
        _keys.Add(step => step.With(key, document, shape, (entry, value) => set(entry.Take(this, new T { At = entry.At }), value)));
        SideKeys.AddRange(side is null ? [] : [side]);
        return this;
    }

    public override void AddTo(ObjectShape<StepEntry> shape) => _keys.ForEach(add => add(shape));
}
