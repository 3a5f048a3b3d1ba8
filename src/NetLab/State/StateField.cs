using System.Collections;
using System.Globalization;
using System.Net.NetworkInformation;

namespace NetLab;

/// <summary>One value of a <see cref="StateEntry"/>.</summary>
/// <param name="Name">Its name, as iproute2 has it where iproute2 prints it.</param>
/// <param name="Value">The value; null for none.</param>
public sealed record StateField(string Name, object? Value)
{
    /// <summary>
    /// Changes by itself: a counter, a timer, an index, a number that the kernel chooses. In the record and in JSON, not in texts and comparisons.
    /// </summary>
    public bool IsVolatile { get; init; }

    /// <summary>As it is unless somebody asks for something else; compared, and left out of listings.</summary>
    public bool IsUsual { get; init; }

    /// <summary>The value in words: <c>on</c>, <c>1500</c>, <c>02:00:00:00:00:01</c>, <c>none</c>.</summary>
    public string Text => TextOf(Value);

    /// <summary>The text in a snapshot, where that is not <see cref="Text"/>: a generated MAC address is different each time.</summary>
    internal string? SnapshotText { get; init; }

    internal bool IsBare { get; init; }

    internal string Phrase => PhraseWith(SnapshotText ?? Text);

    internal string ExactPhrase => PhraseWith(Text);

    private string PhraseWith(string text) => IsBare ? text : Value is true ? Name : $"{Name} {text}";

    internal static string TextOf(object? value) => value switch
    {
        null => "none",
        bool on => on ? "on" : "off",
        string text => text,
        TimeSpan time => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.######}s"),
        PhysicalAddress mac => string.Join(':', mac.GetAddressBytes().Select(b => b.ToString("x2", CultureInfo.InvariantCulture))),
        Enum word => word.ToString().ToLowerInvariant(),
        IReadOnlyDictionary<string, string> map => TextOf(map.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key}={p.Value}")),
        IEnumerable list => string.Join(',', list.Cast<object?>().Select(TextOf)) is { Length: > 0 } text ? text : "none",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };
}
