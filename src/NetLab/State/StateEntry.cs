namespace NetLab;

/// <summary>
/// One thing that a node has: a link, an address, a route, a rule of nft… Its record says what it is in types; its fields say the same in the field's
/// words, for texts and comparisons.
/// </summary>
public abstract record StateEntry
{
    /// <summary>What it is, in one word: <c>link</c>, <c>address</c>, <c>route</c>, <c>rule</c>, <c>neighbour</c>, <c>fdb</c>…</summary>
    public abstract string Section { get; }

    /// <summary>What tells it from the others of its section: a link's name, a route's destination, table and metric.</summary>
    public abstract string Key { get; }

    /// <summary>
    /// Whether texts and comparisons have it. Not so what follows from something else (the routes of the table <c>local</c>, a port's own address in the
    /// forwarding database) and what comes and goes by itself (the kernel's cached routes).
    /// </summary>
    public virtual bool IsShown => true;

    /// <summary>The other values, in the order in which they are printed.</summary>
    public IReadOnlyList<StateField> Fields
    {
        get
        {
            var fields = new FieldList();
            Describe(fields);
            return fields.All;
        }
    }

    /// <summary>The key as a snapshot has it, where that leaves something out.</summary>
    internal virtual string SnapshotKey => Key;

    /// <summary>Left out of the listing while it is as the kernel makes it; compared all the same.</summary>
    internal virtual bool IsUsual => false;

    /// <summary>Not null: entries with the same value stand in an order that matters.</summary>
    internal virtual string? OrderedIn => null;

    /// <summary>The line that the listing of the node has for it.</summary>
    public sealed override string ToString() => Line(SnapshotKey, Fields.Where(f => f is { IsVolatile: false, IsUsual: false }).Select(f => f.Phrase));

    /// <summary>The line of a comparison, which leaves nothing out that was compared: <c>route 10.0.0.0/24 via 10.1.0.1 dev eth0</c>.</summary>
    internal string Exactly() => $"{Section} {Line(Key, Fields.Where(f => f is { IsVolatile: false, IsUsual: false }).Select(f => f.ExactPhrase))}";

    /// <summary>Equal for two entries that a comparison does not tell apart.</summary>
    internal string Identity() => string.Join('\n', Fields.Where(f => !f.IsVolatile).Select(f => $"{f.Name}={f.Text}").Prepend($"{Section} {Key}"));

    private protected abstract void Describe(FieldList fields);

    private static string Line(string key, IEnumerable<string> phrases) => string.Join(' ', phrases.Prepend(key).Where(p => p.Length > 0));
}

/// <summary>A part of a node that could not be read, and why: no program, no privilege, a switch that has ended.</summary>
/// <param name="Part">What was to be read: <c>nft ruleset</c>.</param>
/// <param name="Why">The reason, in the words of whoever refused.</param>
public sealed record UnreadEntry(string Part, string Why) : StateEntry
{
    /// <inheritdoc/>
    public override string Section => "not read";

    /// <inheritdoc/>
    public override string Key => $"{Part}:";

    private protected override void Describe(FieldList fields) => fields.Bare("why", Why);
}
