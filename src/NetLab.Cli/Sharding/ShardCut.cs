using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace NetLab.Cli.Sharding;

/// <summary>
/// Which shard has what. A name's place depends on the name and on the times of the last run alone, and not on which other names there are: what is
/// added, renamed or removed moves nothing else, and every machine cuts alike without asking another.
/// </summary>
internal sealed class ShardCut
{
    private readonly int _count;
    private readonly Dictionary<string, int> _balanced = new(StringComparer.Ordinal);

    /// <summary>A cut into parts.</summary>
    /// <param name="count">How many parts.</param>
    /// <param name="times">How long each name took last time: the longest first, each to the part that has least so far. What is not among them goes by
    /// its hash.</param>
    public ShardCut(int count, IReadOnlyDictionary<string, TimeSpan>? times = null)
    {
        _count = count;
        var loads = new TimeSpan[count];
        foreach (var (name, time) in (times ?? new Dictionary<string, TimeSpan>()).OrderByDescending(t => t.Value).ThenBy(t => t.Key, StringComparer.Ordinal))
        {
            var least = Array.IndexOf(loads, loads.Min());
            loads[least] += time;
            _balanced.Add(name, least + 1);
        }
    }

    /// <summary>The number of the part that has this name, counted from 1.</summary>
    public int NumberOf(string name) => _balanced.TryGetValue(name, out var number)
        ? number
        : (int)(BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(name))) % (ulong)_count) + 1;

    /// <summary>What identifies the cut of these names: shards of the same whole, cut alike, have the same.</summary>
    public string IdOf(IEnumerable<string> names)
    {
        var lines = names.Order(StringComparer.Ordinal).Select(n => $"{NumberOf(n)} {n}");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{_count}\n{string.Join('\n', lines)}")))[..16];
    }
}
