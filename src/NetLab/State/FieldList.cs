using System.Collections;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text;

namespace NetLab;

/// <summary>Collects the fields of one entry, in order.</summary>
internal sealed class FieldList
{
    private static readonly ConcurrentDictionary<Type, (string Name, PropertyInfo Property)[]> Properties = new();

    private readonly List<StateField> _fields = [];

    public IReadOnlyList<StateField> All => _fields;

    /// <summary>A value that listings print unless it is the usual one.</summary>
    public void Add(string name, object? value, object? usual = null, string? snapshot = null) =>
        _fields.Add(new StateField(name, value) { IsUsual = StateField.TextOf(value) == StateField.TextOf(usual), SnapshotText = snapshot });

    /// <summary>A value that is printed without its name.</summary>
    public void Bare(string name, object? value, object? usual = null) =>
        _fields.Add(new StateField(name, value) { IsUsual = StateField.TextOf(value) == StateField.TextOf(usual), IsBare = true });

    /// <summary>A flag, printed by its name when it is set.</summary>
    public void Flag(string name, bool value) => Add(name, value, false);

    /// <summary>A value that changes by itself.</summary>
    public void Volatile(string name, object? value) => _fields.Add(new StateField(name, value) { IsVolatile = true });

    /// <summary>Every property of a record of settings, named in iproute2's manner. What is null there the kernel does not know.</summary>
    /// <param name="settings">The record.</param>
    /// <param name="type">Its type, whose properties a trimmed program keeps.</param>
    /// <param name="usual">A record of the same type with the values that are left out of listings; null for off, 0 and none.</param>
    /// <param name="name">A property's name in another way; null leaves the property out.</param>
    public void Settings(
        object settings, [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)]
        Type type, object? usual = null, Func<string, string?>? name = null)
    {
        if (!Properties.TryGetValue(type, out var properties))
        {
            Properties[type] = properties = PropertiesOf(type);
        }

        foreach (var (word, property) in properties)
        {
            if ((name is null ? word : name(word)) is { } shown && property.GetValue(settings) is { } value)
            {
                var isUsual = usual is not null && property.GetValue(usual) is { } normal ? StateField.TextOf(value) == StateField.TextOf(normal)
                    : IsNothing(value);
                _fields.Add(new StateField(shown, value) { IsUsual = isUsual });
            }
        }
    }

    private static bool IsNothing(object value) =>
        value is false or TimeSpan { Ticks: 0 } or ICollection { Count: 0 } || StateField.TextOf(value) is "0" or "none" or "";

    // Base records come first, but for the specs' common parts, which are fields of the link itself.
    private static (string Name, PropertyInfo Property)[] PropertiesOf(
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] Type type) =>
        [.. type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(IsSetting).OrderBy(p => Depth(p.DeclaringType))
            .Select(p => (Words(p.Name), p))];

    private static bool IsSetting(PropertyInfo property) =>
        property.GetMethod is { } get && property.GetIndexParameters().Length == 0
        && get.GetBaseDefinition().DeclaringType is { } first && first != typeof(Linux.Netlink.LinkSpec) && first != typeof(Linux.Netlink.QdiscSpec);

    private static int Depth(Type? type) => type is null ? 0 : 1 + Depth(type.BaseType);

    // MulticastFlood: mcast_flood.
    private static string Words(string name)
    {
        var words = new StringBuilder();
        foreach (var letter in name)
        {
            if (char.IsUpper(letter) && words.Length > 0)
            {
                words.Append('_');
            }

            words.Append(char.ToLowerInvariant(letter));
        }

        return words.Replace("multicast", "mcast").Replace("broadcast", "bcast").Replace("neighbour", "neigh")
            .Replace("group_forward_mask", "group_fwd_mask").ToString();
    }
}
