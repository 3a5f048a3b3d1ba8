using System.Collections;

namespace NetLab.Linux.Netlink;

/// <summary>A list that equals another with the same elements, so that records read twice from the kernel compare as a reader expects.</summary>
internal sealed class ValueList<T> : IReadOnlyList<T>
{
    private readonly List<T> _items = [];

    public int Count => _items.Count;

    public T this[int index] => _items[index];

    /// <summary>Only while the list is being read.</summary>
    public void Add(T item) => _items.Add(item);

    /// <summary>Only while the list is being read.</summary>
    public void ReplaceLast(T item) => _items[^1] = item;

    public IEnumerator<T> GetEnumerator() => _items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _items.GetEnumerator();

    public override bool Equals(object? obj) => obj is IReadOnlyList<T> other && _items.SequenceEqual(other);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (var item in _items)
        {
            hash.Add(item);
        }

        return hash.ToHashCode();
    }

    public override string ToString() => $"[{string.Join(", ", _items)}]";
}
