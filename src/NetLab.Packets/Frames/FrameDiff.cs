using System.Text;

namespace NetLab.Packets;

/// <summary>One field in which two frames differ.</summary>
/// <param name="Path">Layer and field, e.g. "IPv4.Time to live"; "IPv4#2.…" for the second layer of that name.</param>
/// <param name="Left">The value in the first frame; null when only the second has the field.</param>
/// <param name="Right">The value in the second frame; null when only the first has the field.</param>
/// <param name="Offset">Where it starts, in the frame that has it.</param>
public sealed record FrameDifference(string Path, string? Left, string? Right, int Offset)
{
    /// <summary>"IPv4.Time to live: 64 -> 63 (byte 22)".</summary>
    public override string ToString() => $"{Path}: {Left ?? "absent"} -> {Right ?? "absent"} (byte {Offset})";
}

/// <summary>In which fields two frames differ. Layers and fields that only one has are found too; order of layers counts.</summary>
public sealed class FrameDiff
{
    private readonly List<FrameDifference> _differences = [];

    private FrameDiff(Frame left, Frame right) => (Left, Right) = (left, right);

    /// <summary>The first frame.</summary>
    public Frame Left { get; }

    /// <summary>The second frame.</summary>
    public Frame Right { get; }

    /// <summary>The differences in the order of the wire; none when the frames are the same bytes.</summary>
    public IReadOnlyList<FrameDifference> Differences => _differences;

    /// <summary>The frames are the same.</summary>
    public bool IsEmpty => _differences.Count == 0;

    /// <summary>Compares two frames.</summary>
    /// <param name="left">The first, e.g. as sent.</param>
    /// <param name="right">The second, e.g. as received.</param>
    public static FrameDiff Of(Frame left, Frame right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        var diff = new FrameDiff(left, right);
        if (left.Equals(right))
        {
            return diff;
        }

        var seen = new Dictionary<string, int>();
        foreach (var (a, b) in Align(left.Layers, right.Layers, layer => layer.Name))
        {
            var layer = (a ?? b)!;
            var count = seen[layer.Name] = seen.GetValueOrDefault(layer.Name) + 1;
            var path = count == 1 ? layer.Name : $"{layer.Name}#{count}";
            if (a is null || b is null)
            {
                diff._differences.Add(new FrameDifference(path, Whole(a), Whole(b), layer.Offset));
            }
            else
            {
                diff.Compare(path, a.Fields, b.Fields);
            }
        }

        if (diff.IsEmpty)
        {
            var at = left.Bytes.Span.CommonPrefixLength(right.Bytes.Span);
            diff._differences.Add(new FrameDifference("Bytes that no field names", Byte(left, at), Byte(right, at), at));
        }

        return diff;
    }

    /// <summary>Both frames in a line each, and a line for each difference.</summary>
    public override string ToString()
    {
        if (IsEmpty)
        {
            return $"no difference: {Left}";
        }

        var text = new StringBuilder().Append("- ").Append(Left).Append("\n+ ").Append(Right);
        foreach (var difference in _differences)
        {
            text.Append("\n  ").Append(difference);
        }

        return text.ToString();
    }

    private void Compare(string path, IReadOnlyList<Field> left, IReadOnlyList<Field> right)
    {
        foreach (var (a, b) in Align(left, right, field => field.Name))
        {
            var field = (a ?? b)!;
            var name = $"{path}.{field.Name}";
            if (a is null || b is null)
            {
                _differences.Add(new FrameDifference(name, Short(a), Short(b), field.Offset));
                continue;
            }

            if (a.Value != b.Value)
            {
                _differences.Add(Changed(name, a, b));
            }

            Compare(name, a.Children, b.Children);
        }
    }

    /// <summary>Long bytes are shown around the first one that differs.</summary>
    private static FrameDifference Changed(string path, Field a, Field b)
    {
        const int around = 8;
        if (a.Value.Length != a.Length * 2 || b.Value.Length != b.Length * 2 || Math.Max(a.Length, b.Length) <= 2 * around)
        {
            return new FrameDifference(path, Short(a), Short(b), a.Offset);
        }

        var first = a.Value.AsSpan().CommonPrefixLength(b.Value) / 2;
        var from = Math.Max(0, first - (around / 2));
        return new FrameDifference(path, Window(a), Window(b), a.Offset + first);

        string Window(Field field)
        {
            var to = Math.Min(field.Length, from + (2 * around));
            return from >= field.Length ? $"ends after {field.Length} bytes"
                : (from > 0 ? "…" : "") + field.Value[(from * 2)..(to * 2)] + (to < field.Length ? "…" : "");
        }
    }

    private static string? Short(Field? field) => field is null ? null
        : field.Value.Length == 0 ? "present"
        : field.Value.Length > 64 ? $"{field.Value.AsSpan(0, 64)}…" : field.Value;

    private static string? Whole(Layer? layer) => layer is null ? null : layer.Summary.Length > 0 ? layer.Summary : "present";

    private static string? Byte(Frame frame, int at) => at < frame.Length ? $"0x{frame.Bytes.Span[at]:x2}" : null;

    /// <summary>
    /// Pairs of what has the same name in the same order (longest common subsequence); the rest alone. Lists of thousands,
    /// which only frames made to be a nuisance have, are paired by their place.
    /// </summary>
    private static List<(T? Left, T? Right)> Align<T>(IReadOnlyList<T> left, IReadOnlyList<T> right, Func<T, string> name)
        where T : class
    {
        if ((long)left.Count * right.Count > 1_000_000)
        {
            return [.. Enumerable.Range(0, Math.Max(left.Count, right.Count)).SelectMany(ByPlace)];
        }

        var lengths = new int[left.Count + 1, right.Count + 1];
        for (var i = left.Count - 1; i >= 0; i--)
        {
            for (var j = right.Count - 1; j >= 0; j--)
            {
                lengths[i, j] = name(left[i]) == name(right[j]) ? lengths[i + 1, j + 1] + 1 : Math.Max(lengths[i + 1, j], lengths[i, j + 1]);
            }
        }

        var pairs = new List<(T?, T?)>();
        var (l, r) = (0, 0);
        while (l < left.Count || r < right.Count)
        {
            if (l < left.Count && r < right.Count && name(left[l]) == name(right[r]))
            {
                pairs.Add((left[l++], right[r++]));
            }
            else if (r == right.Count || (l < left.Count && lengths[l + 1, r] >= lengths[l, r + 1]))
            {
                pairs.Add((left[l++], null));
            }
            else
            {
                pairs.Add((null, right[r++]));
            }
        }

        return pairs;

        IEnumerable<(T?, T?)> ByPlace(int i)
        {
            var (a, b) = (i < left.Count ? left[i] : null, i < right.Count ? right[i] : null);
            return a is not null && b is not null && name(a) != name(b) ? [(a, null), (null, b)] : [(a, b)];
        }
    }
}
