using System.Collections;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace NetLab.Linux.Netlink;

/// <summary>Finds the settings that this kernel took and ignored, see <see cref="SinceLinuxAttribute"/>.</summary>
internal static class IgnoredSettings
{
    private static readonly ConcurrentDictionary<Type, Setting[]> Known = new();

    /// <summary>Whether a request asks for a setting that kernels may ignore.</summary>
    public static bool AreIn(object? subject) => PartsOf(subject).Any(part => Of(part).Any(setting => setting.IsIn(part)));

    /// <summary>The settings that were asked for and are not there: their names and the versions that they came with.</summary>
    /// <param name="asked">What a request asked for.</param>
    /// <param name="link">The device as it is now; null where the request was about none.</param>
    /// <param name="qdisc">The queueing discipline as it is now; null where the request was about none.</param>
    public static IEnumerable<(string Name, string Since)> Between(object asked, LinkInfo? link, QdiscSpec? qdisc)
    {
        object?[] found = [link?.KindData, link?.BridgeOptions, link?.BridgePortOptions, link?.BondPort, qdisc];
        foreach (var part in PartsOf(asked))
        {
            var now = Array.Find(found, f => f?.GetType() == part.GetType());
            foreach (var setting in Of(part).Where(setting => setting.IsIn(part) && (now is null || !setting.IsIn(now))))
            {
                yield return (setting.Property.Name, setting.Since.Version);
            }
        }
    }

    // The records of settings in the subject of a request.
    private static IEnumerable<object> PartsOf(object? subject) => subject switch
    {
        BridgeSpec { Options: { } options } => [options],
        LinkChange change => PartsOf(change.KindData).Concat(PartsOf(change.BondPort)),
        LinkSpec or QdiscSpec or BridgePortOptions or BondPortOptions => [subject],
        _ => [],
    };

    [UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "The types of all that PartsOf gives say that their public properties are needed.")]
    private static Setting[] Of(object part)
    {
        if (!Known.TryGetValue(part.GetType(), out var settings))
        {
            var dated = part.GetType().GetProperties().Select(p => (Property: p, Since: p.GetCustomAttribute<SinceLinuxAttribute>()))
                .Where(s => s.Since is not null);
            Known[part.GetType()] = settings = [.. dated.Select(s => new Setting(s.Property, s.Since!))];
        }

        return settings;
    }

    private sealed record Setting(PropertyInfo Property, SinceLinuxAttribute Since)
    {
        // Whether it says more than what a kernel without the setting does.
        public bool IsIn(object part) => Property.GetValue(part) switch
        {
            null => false,
            bool value => value != Since.Before,
            IEnumerable many and not string => many.Cast<object>().Any(),
            _ => true,
        };
    }
}
