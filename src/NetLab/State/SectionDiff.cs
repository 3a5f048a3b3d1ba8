namespace NetLab;

/// <summary>
/// Compares the entries of one section. Entries that are identical cancel out; of the rest, those with the same key are the same thing changed. Where the
/// order matters (rules of a chain), an entry that moved is removed here and added there.
/// </summary>
internal static class SectionDiff
{
    public static IEnumerable<StateChange> Between(string node, IEnumerable<StateEntry> before, IEnumerable<StateEntry> after)
    {
        List<(StateEntry Entry, string Identity)> old = Shown(before), current = Shown(after);
        Cancel(old.FindAll(e => e.Entry.OrderedIn is null), current.FindAll(e => e.Entry.OrderedIn is null), out var removed, out var added);
        foreach (var order in old.Concat(current).Select(e => e.Entry.OrderedIn).OfType<string>().Distinct())
        {
            KeepOrder(old.FindAll(e => e.Entry.OrderedIn == order), current.FindAll(e => e.Entry.OrderedIn == order), removed, added);
        }

        foreach (var entry in removed)
        {
            var same = entry.OrderedIn is null ? added.FindIndex(a => a.Key == entry.Key && a.Section == entry.Section) : -1;
            if (same < 0)
            {
                yield return new StateChange(StateChangeKind.Removed, node, entry, null, []);
                continue;
            }

            yield return new StateChange(StateChangeKind.Changed, node, entry, added[same], FieldsBetween(entry, added[same]));
            added.RemoveAt(same);
        }

        foreach (var entry in added)
        {
            yield return new StateChange(StateChangeKind.Added, node, null, entry, []);
        }
    }

    private static List<(StateEntry Entry, string Identity)> Shown(IEnumerable<StateEntry> entries) =>
        [.. entries.Where(e => e.IsShown).Select(e => (e, e.Identity()))];

    private static void Cancel(
        List<(StateEntry Entry, string Identity)> before, List<(StateEntry Entry, string Identity)> after, out List<StateEntry> removed,
            out List<StateEntry> added)
    {
        var left = new Dictionary<string, int>();
        foreach (var (_, identity) in before)
        {
            left[identity] = left.GetValueOrDefault(identity) + 1;
        }

        added = [];
        foreach (var (entry, identity) in after)
        {
            if (left.GetValueOrDefault(identity) > 0)
            {
                left[identity]--;
            }
            else
            {
                added.Add(entry);
            }
        }

        removed = [];
        foreach (var (entry, identity) in before)
        {
            if (left[identity] > 0)
            {
                left[identity]--;
                removed.Add(entry);
            }
        }
    }

    // The longest common subsequence stays; lists are as long as a chain of rules.
    private static void KeepOrder(
        List<(StateEntry Entry, string Identity)> before, List<(StateEntry Entry, string Identity)> after, List<StateEntry> removed, List<StateEntry> added)
    {
        var common = new int[before.Count + 1, after.Count + 1];
        for (var i = before.Count - 1; i >= 0; i--)
        {
            for (var j = after.Count - 1; j >= 0; j--)
            {
                common[i, j] = before[i].Identity == after[j].Identity ? common[i + 1, j + 1] + 1 : Math.Max(common[i + 1, j], common[i, j + 1]);
            }
        }

        int a = 0, b = 0;
        while (a < before.Count || b < after.Count)
        {
            if (a < before.Count && b < after.Count && before[a].Identity == after[b].Identity)
            {
                a++;
                b++;
            }
            else if (b == after.Count || (a < before.Count && common[a + 1, b] >= common[a, b + 1]))
            {
                removed.Add(before[a++].Entry);
            }
            else
            {
                added.Add(after[b++].Entry);
            }
        }
    }

    private static List<FieldChange> FieldsBetween(StateEntry before, StateEntry after)
    {
        List<StateField> old = [.. before.Fields.Where(f => !f.IsVolatile)], current = [.. after.Fields.Where(f => !f.IsVolatile)];
        var changes = new List<FieldChange>();
        foreach (var name in old.Concat(current).Select(f => f.Name).Distinct())
        {
            StateField? was = old.Find(f => f.Name == name), now = current.Find(f => f.Name == name);

            // A device that stops being a port loses some twenty settings with it; those that were as usual are not worth a word.
            if (was?.Text != now?.Text && !(was is null && now!.IsUsual) && !(now is null && was!.IsUsual))
            {
                changes.Add(new FieldChange(name, was?.Text ?? "none", now?.Text ?? "none"));
            }
        }

        return changes;
    }
}
