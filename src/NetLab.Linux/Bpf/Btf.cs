using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace NetLab.Linux.Bpf;

/// <summary>The kinds of type that BTF knows (BTF_KIND_*, include/uapi/linux/btf.h).</summary>
internal enum BtfKind
{
    Void = 0, Int = 1, Pointer = 2, Array = 3, Struct = 4, Union = 5, Enum = 6, Forward = 7, Typedef = 8, Volatile = 9, Const = 10, Restrict = 11,
    Function = 12, FunctionPrototype = 13, Variable = 14, DataSection = 15, Float = 16, DeclarationTag = 17, TypeTag = 18, Enum64 = 19,
}

/// <summary>
/// Where a member lives in its struct. A bit field is <see cref="BitSize"/> bits of the byte at <see cref="Offset"/>, from bit <see cref="Bit"/>.
/// </summary>
internal readonly record struct BtfMember(int Offset, int Size, int Bit, int BitSize)
{
    /// <summary>Whether the member is a bit field.</summary>
    public bool IsBitField => BitSize != 0;
}

/// <summary>
/// The kernel's description of its own types (Documentation/bpf/btf.rst): finds the ids of types whose names were asked for, the offsets of
/// members, the names of a function's parameters and the constants of an enum.
/// <para>
/// The file of a distribution's kernel has more than 100,000 types in 5 MB. All names of interest are therefore given when it is read: one pass
/// notes where each type begins, and compares the names by spans; nothing is allocated for a type that was not asked for.
/// </para>
/// </summary>
internal sealed class Btf
{
    /// <summary>The description of the running kernel (without its modules).</summary>
    public const string KernelPath = "/sys/kernel/btf/vmlinux";

    // struct btf_header { u16 magic; u8 version; u8 flags; u32 hdr_len; u32 type_off; u32 type_len; u32 str_off; u32 str_len; }
    private const int HeaderLength = 24;
    private const ushort Magic = 0xEB9F;

    // struct btf_type { u32 name_off; u32 info /* vlen 0-15, kind 24-28, kind_flag 31 */; union { u32 size; u32 type; }; }
    private const int TypeLength = 12;

    // Bytes that follow a btf_type: a constant, and one for each of its vlen items. Indexed by kind.
    private static ReadOnlySpan<byte> ConstantTail => [0, 4, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 4, 0, 0];

    private static ReadOnlySpan<byte> TailPerItem => [0, 0, 0, 0, 12, 12, 8, 0, 0, 0, 0, 0, 0, 8, 0, 12, 0, 0, 0, 12];

    private readonly byte[] _bytes;
    private readonly int[] _positions; // of each type's btf_type; index 0 is void
    private readonly int _strings; // where the string section begins
    private readonly Dictionary<(BtfKind Kind, string Name), int> _found;

    private Btf(byte[] bytes, int[] positions, int strings, Dictionary<(BtfKind, string), int> found)
    {
        _bytes = bytes;
        _positions = positions;
        _strings = strings;
        _found = found;
    }

    /// <summary>How many types the description has, void included.</summary>
    public int Count => _positions.Length;

    /// <summary>Reads the running kernel's description.</summary>
    /// <param name="names">Names of all types that will be looked up by name.</param>
    /// <exception cref="PlatformNotSupportedException">This kernel has no BTF (CONFIG_DEBUG_INFO_BTF).</exception>
    public static Btf ReadKernel(IReadOnlyCollection<string> names)
    {
        byte[] content;
        try
        {
            content = File.ReadAllBytes(KernelPath);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new PlatformNotSupportedException(
                $"This kernel does not describe its types: {KernelPath} does not exist. It takes a kernel built with CONFIG_DEBUG_INFO_BTF=y.", e);
        }

        return Parse(content, names);
    }

    /// <summary>Reads a description from memory.</summary>
    /// <exception cref="InvalidDataException">The bytes are not BTF of this machine's byte order.</exception>
    public static Btf Parse(byte[] content, IReadOnlyCollection<string> names)
    {
        if (content.Length < HeaderLength || BinaryPrimitives.ReadUInt16LittleEndian(content) != Magic)
        {
            throw new InvalidDataException("Not BTF: the magic number 0xEB9F is missing.");
        }

        var header = MemoryMarshal.Cast<byte, uint>(content.AsSpan(0, HeaderLength));
        var (headerLength, typeOffset, typeLength, stringOffset, stringLength) = (header[1], header[2], header[3], header[4], header[5]);
        if (headerLength + (ulong)typeOffset + typeLength > (ulong)content.Length || headerLength + (ulong)stringOffset + stringLength > (ulong)content.Length)
        {
            throw new InvalidDataException("Truncated BTF: its sections end behind the end of the file.");
        }

        var wanted = new WantedNames(names);
        var types = content.AsSpan((int)(headerLength + typeOffset), (int)typeLength);
        var text = content.AsSpan((int)(headerLength + stringOffset), (int)stringLength);
        var positions = new int[Math.Max(types.Length / TypeLength, 0) + 1]; // an upper bound, cut below
        var matches = new List<(int Id, string Name)>(names.Count * 2);
        var count = Pass(types, text, wanted, positions, matches);
        var found = new Dictionary<(BtfKind, string), int>(matches.Count);
        Array.Resize(ref positions, count);
        var start = (int)(headerLength + typeOffset);
        for (var i = 1; i < positions.Length; i++)
        {
            positions[i] += start;
        }

        foreach (var (id, name) in matches)
        {
            var kind = (BtfKind)((BinaryPrimitives.ReadUInt32LittleEndian(content.AsSpan(positions[id] + 4)) >> 24) & 31);
            found.TryAdd((kind, name), id);
        }

        return new Btf(content, positions, (int)(headerLength + stringOffset), found);
    }

    /// <summary>The id of the first type of that kind and name; 0 when there is none. The name must have been given at reading.</summary>
    public int Find(BtfKind kind, string name) => _found.GetValueOrDefault((kind, name));

    /// <summary>
    /// Whether a struct has a member; the path may lead through members that are structs themselves ("ns.inum"); unnamed unions need no mention.
    /// </summary>
    public bool TryMember(string structName, string path, out BtfMember member)
    {
        member = default;
        var type = Find(BtfKind.Struct, structName);
        var bits = 0;
        (int Type, int Bits, int BitSize) hit = (type, 0, 0);
        foreach (var part in path.Split('.'))
        {
            hit = type == 0 ? default : FindMember(type, Encoding.UTF8.GetBytes(part), 0);
            if (hit.Type == 0)
            {
                return false;
            }

            bits += hit.Bits;
            type = SkipModifiers(hit.Type);
        }

        member = new BtfMember(bits / 8, SizeOf(type), hit.BitSize == 0 ? 0 : bits % 8, hit.BitSize);
        return true;
    }

    /// <summary>Where a member is.</summary>
    /// <exception cref="PlatformNotSupportedException">This kernel's struct has no such member.</exception>
    public BtfMember Member(string structName, string path) => TryMember(structName, path, out var member)
        ? member
        : throw new PlatformNotSupportedException($"This kernel's struct {structName} has no member {path}.");

    /// <summary>Names of the parameters of a function, in order.</summary>
    public IReadOnlyList<string> ParameterNames(int function)
    {
        var prototype = Header(function).SizeOrType;
        var names = new string[ItemCount(prototype)];
        for (var i = 0; i < names.Length; i++)
        {
            names[i] = Text(ReadInt(_positions[prototype] + TypeLength + (8 * i))); // struct btf_param { u32 name_off; u32 type; }
        }

        return names;
    }

    /// <summary>How many parameters the function has that a typedef points to: <c>typedef void (*btf_trace_kfree_skb)(void *, …)</c>.</summary>
    public int ParameterCountOfPointedTo(int typedef)
    {
        var type = SkipModifiers(typedef);
        return Header(type).Kind == BtfKind.Pointer ? ItemCount(SkipModifiers(Header(type).SizeOrType)) : 0;
    }

    /// <summary>The constants of an enum, in the order of their declaration; empty when there is no such enum.</summary>
    public IEnumerable<(string Name, long Value)> EnumConstants(string enumName)
    {
        var narrow = Find(BtfKind.Enum, enumName);
        var id = narrow != 0 ? narrow : Find(BtfKind.Enum64, enumName);
        for (var i = 0; id != 0 && i < ItemCount(id); i++)
        {
            // struct btf_enum { u32 name_off; s32 val; }, struct btf_enum64 { u32 name_off; u32 val_lo32; u32 val_hi32; }
            var item = _positions[id] + TypeLength + ((narrow != 0 ? 8 : 12) * i);
            var low = ReadInt(item + 4);
            yield return (Text(ReadInt(item)), narrow != 0 ? low : ((long)ReadInt(item + 8) << 32) | (uint)low);
        }
    }

    // The one pass over all types. Returns how many there are (void included).
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Pass(ReadOnlySpan<byte> types, ReadOnlySpan<byte> text, WantedNames wanted, int[] positions, List<(int, string)> matches)
    {
        var id = 1;
        var position = 0;
        var constantTail = ConstantTail;
        var tailPerItem = TailPerItem;
        while (position + TypeLength <= types.Length)
        {
            positions[id] = position;
            ref var type = ref Unsafe.AsRef(in types[position]);
            var name = Unsafe.ReadUnaligned<uint>(ref type);
            var info = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref type, 4));
            var kind = (int)((info >> 24) & 31);
            if (kind >= constantTail.Length)
            {
                throw new InvalidDataException($"BTF of a newer format: type {id} is of kind {kind}, which is unknown here.");
            }

            if (name + 4 <= (uint)text.Length && wanted.MayContain(Unsafe.ReadUnaligned<uint>(in text[(int)name]))
                && wanted.Find(text[(int)name..]) is { } match)
            {
                matches.Add((id, match));
            }

            position += TypeLength + constantTail[kind] + (tailPerItem[kind] * (int)(info & 0xFFFF));
            id++;
        }

        return id;
    }

    private (int Type, int Bits, int BitSize) FindMember(int type, ReadOnlySpan<byte> name, int baseBits)
    {
        var (kind, _, kindFlag) = Header(type);
        if (kind is not (BtfKind.Struct or BtfKind.Union))
        {
            return default;
        }

        // struct btf_member { u32 name_off; u32 type; u32 offset /* in bits; with kind_flag: bit size << 24 | bit offset */; }
        for (var i = 0; i < ItemCount(type); i++)
        {
            var item = _positions[type] + TypeLength + (12 * i);
            var (nameOffset, memberType, offset) = (ReadInt(item), ReadInt(item + 4), ReadInt(item + 8));
            var bits = baseBits + (kindFlag ? offset & 0xFFFFFF : offset);
            if (IsText(nameOffset, name))
            {
                return (memberType, bits, kindFlag ? (int)((uint)offset >> 24) : 0);
            }

            if (nameOffset == 0 && FindMember(SkipModifiers(memberType), name, bits) is { Type: not 0 } inner)
            {
                return inner;
            }
        }

        return default;
    }

    private int SizeOf(int type)
    {
        var (kind, sizeOrType, _) = Header(type);
        switch (kind)
        {
            case BtfKind.Pointer:
                return 8;
            case BtfKind.Array:
                // struct btf_array { u32 type; u32 index_type; u32 nelems; }
                var array = _positions[type] + TypeLength;
                return SizeOf(SkipModifiers(ReadInt(array))) * ReadInt(array + 8);
            case BtfKind.Int or BtfKind.Struct or BtfKind.Union or BtfKind.Enum or BtfKind.Enum64 or BtfKind.Float:
                return sizeOrType;
            default:
                return 0;
        }
    }

    private int SkipModifiers(int type)
    {
        while (Header(type) is { Kind: BtfKind.Typedef or BtfKind.Const or BtfKind.Volatile or BtfKind.Restrict or BtfKind.TypeTag } modifier)
        {
            type = modifier.SizeOrType;
        }

        return type;
    }

    private (BtfKind Kind, int SizeOrType, bool KindFlag) Header(int type)
    {
        if (type <= 0 || type >= _positions.Length)
        {
            return default;
        }

        var info = (uint)ReadInt(_positions[type] + 4);
        return ((BtfKind)((info >> 24) & 31), ReadInt(_positions[type] + 8), info >> 31 != 0);
    }

    private int ItemCount(int type) => type <= 0 || type >= _positions.Length ? 0 : ReadInt(_positions[type] + 4) & 0xFFFF;

    private int ReadInt(int position) => BinaryPrimitives.ReadInt32LittleEndian(_bytes.AsSpan(position));

    private bool IsText(int offset, ReadOnlySpan<byte> expected)
    {
        var actual = _bytes.AsSpan(_strings + offset);
        return actual.StartsWith(expected) && actual[expected.Length] == 0;
    }

    private string Text(int offset)
    {
        var text = _bytes.AsSpan(_strings + offset);
        return Encoding.UTF8.GetString(text[..text.IndexOf((byte)0)]);
    }

    /// <summary>The names looked for, with a filter on their first four bytes in front, which nearly all other names fail.</summary>
    private sealed class WantedNames
    {
        private readonly ulong[] _filter = new ulong[64];
        private readonly List<(byte[] Text, string Name)> _names = [];

        public WantedNames(IReadOnlyCollection<string> wanted)
        {
            Span<byte> start = stackalloc byte[4];
            foreach (var name in wanted.Distinct())
            {
                var text = Encoding.UTF8.GetBytes(name + '\0');
                start.Clear();
                text.AsSpan(0, Math.Min(4, text.Length)).CopyTo(start);
                if (text.Length < 4)
                {
                    throw new ArgumentException($"\"{name}\" is too short to look up in BTF: three characters at least.", nameof(wanted));
                }

                var hash = Hash(BinaryPrimitives.ReadUInt32LittleEndian(start));
                _filter[hash >> 6] |= 1UL << (int)(hash & 63);
                _names.Add((text, name));
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool MayContain(uint start)
        {
            var hash = Hash(start);
            return (_filter[hash >> 6] & (1UL << (int)(hash & 63))) != 0;
        }

        public string? Find(ReadOnlySpan<byte> text)
        {
            foreach (var (wanted, name) in _names)
            {
                if (text.StartsWith(wanted))
                {
                    return name;
                }
            }

            return null;
        }

        private static uint Hash(uint start) => (start * 0x9E3779B1u) >> 20; // 12 bits
    }
}
