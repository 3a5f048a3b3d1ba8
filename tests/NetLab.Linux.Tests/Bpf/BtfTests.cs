using System.Buffers.Binary;
using System.Text;
using NetLab.Linux.Bpf;

namespace NetLab.Linux.Tests.Bpf;

/// <summary>The reader of the kernel's type description: on bytes made here, and on the running kernel's own.</summary>
public sealed class BtfTests
{
    private readonly BtfBytes _bytes = new();

    [Fact]
    public void A_member_is_found_by_its_name()
    {
        var number = _bytes.Int("int", 4);
        _bytes.Struct("pair", 8, ("left", number, 0), ("right", number, 32));

        var btf = Btf.Parse(_bytes.ToArray(), ["pair"]);

        Assert.Equal(new BtfMember(4, 4, 0, 0), btf.Member("pair", "right"));
    }

    [Fact]
    public void A_member_of_an_unnamed_union_is_found_as_if_it_were_the_structs_own()
    {
        var number = _bytes.Int("int", 4);
        var union = _bytes.Union("", 4, ("one", number, 0), ("other", number, 0));
        _bytes.Struct("outer", 8, ("first", number, 0), ("", union, 32));

        Assert.Equal(4, Btf.Parse(_bytes.ToArray(), ["outer"]).Member("outer", "other").Offset);
    }

    [Fact]
    public void A_path_leads_through_typedefs_and_structs()
    {
        var number = _bytes.Int("int", 4);
        var inner = _bytes.Struct("inner", 8, ("pad", number, 0), ("value", number, 32));
        var alias = _bytes.Typedef("inner_t", inner);
        _bytes.Struct("outer", 16, ("first", number, 0), ("in", alias, 64));

        Assert.Equal(12, Btf.Parse(_bytes.ToArray(), ["outer"]).Member("outer", "in.value").Offset);
    }

    [Fact]
    public void A_bit_field_tells_its_byte_and_bit()
    {
        var number = _bytes.Int("u8", 1);
        _bytes.BitStruct("flags", 2, ("whole", number, 0, 0), ("low", number, 8, 3), ("high", number, 11, 1));

        Assert.Equal(new BtfMember(1, 1, 3, 1), Btf.Parse(_bytes.ToArray(), ["flags"]).Member("flags", "high"));
    }

    [Fact]
    public void A_missing_member_is_refused_by_name()
    {
        _bytes.Struct("pair", 8, ("left", _bytes.Int("int", 4), 0));

        var refusal = Assert.Throws<PlatformNotSupportedException>(() => Btf.Parse(_bytes.ToArray(), ["pair"]).Member("pair", "middle"));

        Assert.Contains("struct pair has no member middle", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_that_only_begins_alike_is_not_taken_for_the_one_wanted()
    {
        var number = _bytes.Int("int", 4);
        _bytes.Struct("sk_buff_list", 4, ("wrong", number, 0));
        _bytes.Struct("sk_buff", 4, ("right", number, 0));

        Assert.True(Btf.Parse(_bytes.ToArray(), ["sk_buff"]).TryMember("sk_buff", "right", out _));
    }

    [Fact]
    public void A_forward_declaration_does_not_hide_the_struct()
    {
        _bytes.Forward("late");
        _bytes.Struct("late", 4, ("here", _bytes.Int("int", 4), 0));

        Assert.True(Btf.Parse(_bytes.ToArray(), ["late"]).TryMember("late", "here", out _));
    }

    [Fact]
    public void Parameters_have_their_names_and_enums_their_constants()
    {
        var number = _bytes.Int("int", 4);
        var function = _bytes.Function("traced", _bytes.Prototype(("__data", number), ("skb", number)));
        _bytes.Enum("reason", ("NONE", 0), ("BAD", -3));
        var btf = Btf.Parse(_bytes.ToArray(), ["traced", "reason"]);

        Assert.Equal(["__data", "skb"], btf.ParameterNames(btf.Find(BtfKind.Function, "traced")));
        Assert.Equal([("NONE", 0L), ("BAD", -3L)], btf.EnumConstants("reason"));
        Assert.Equal(function, btf.Find(BtfKind.Function, "traced"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(23)]
    [InlineData(40)]
    public void Bytes_that_end_too_early_are_refused(int length)
    {
        _bytes.Struct("pair", 8, ("left", _bytes.Int("int", 4), 0));

        Assert.Throws<InvalidDataException>(() => Btf.Parse(_bytes.ToArray()[..length], ["pair"]));
    }

    [Fact]
    public void The_running_kernel_describes_socket_buffers_and_drop_reasons()
    {
        var btf = Btf.ReadKernel(["sk_buff", "net_device", "net", "skb_drop_reason", "__traceiter_kfree_skb", "btf_trace_kfree_skb"]);

        Assert.Equal(4, btf.Member("sk_buff", "len").Size);
        Assert.Equal(8, btf.Member("sk_buff", "dev").Size);
        Assert.Equal(16, btf.Member("net_device", "name").Size);
        Assert.Equal(4, btf.Member("net", "ns.inum").Size);
        Assert.Contains(btf.EnumConstants("skb_drop_reason"), c => c.Name == "SKB_DROP_REASON_NETFILTER_DROP");
        var names = btf.ParameterNames(btf.Find(BtfKind.Function, "__traceiter_kfree_skb"));
        Assert.Equal(["__data", "skb", "location"], names.Take(3));
        Assert.Equal(names.Count, btf.ParameterCountOfPointedTo(btf.Find(BtfKind.Typedef, "btf_trace_kfree_skb")));
    }

    /// <summary>Writes BTF, type by type; each method returns the new type's id.</summary>
    private sealed class BtfBytes
    {
        private readonly List<byte> _types = [];
        private readonly List<byte> _strings = [0];
        private int _count;

        public int Int(string name, int size) => Type(name, 1, 0, false, size, (size * 8));

        public int Struct(string name, int size, params (string Name, int Type, int Bits)[] members) =>
            Type(name, 4, members.Length, false, size, [.. members.SelectMany(m => new[] { Text(m.Name), m.Type, m.Bits })]);

        public int BitStruct(string name, int size, params (string Name, int Type, int Bits, int BitSize)[] members) =>
            Type(name, 4, members.Length, true, size, [.. members.SelectMany(m => new[] { Text(m.Name), m.Type, (m.BitSize << 24) | m.Bits })]);

        public int Union(string name, int size, params (string Name, int Type, int Bits)[] members) =>
            Type(name, 5, members.Length, false, size, [.. members.SelectMany(m => new[] { Text(m.Name), m.Type, m.Bits })]);

        public int Enum(string name, params (string Name, int Value)[] constants) =>
            Type(name, 6, constants.Length, false, 4, [.. constants.SelectMany(c => new[] { Text(c.Name), c.Value })]);

        public int Forward(string name) => Type(name, 7, 0, false, 0);

        public int Typedef(string name, int type) => Type(name, 8, 0, false, type);

        public int Function(string name, int prototype) => Type(name, 12, 0, false, prototype);

        public int Prototype(params (string Name, int Type)[] parameters) =>
            Type("", 13, parameters.Length, false, 0, [.. parameters.SelectMany(p => new[] { Text(p.Name), p.Type })]);

        public byte[] ToArray()
        {
            var header = new byte[24];
            BinaryPrimitives.WriteUInt16LittleEndian(header, 0xEB9F);
            header[2] = 1;
            int[] words = [24, 0, _types.Count, _types.Count, _strings.Count];
            for (var i = 0; i < words.Length; i++)
            {
                BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(4 + (4 * i)), words[i]);
            }

            return [.. header, .. _types, .. _strings];
        }

        private int Type(string name, int kind, int items, bool kindFlag, int sizeOrType, params int[] tail)
        {
            Write(Text(name));
            Write((kindFlag ? 1 << 31 : 0) | (kind << 24) | items);
            Write(sizeOrType);
            foreach (var word in tail)
            {
                Write(word);
            }

            return ++_count;
        }

        private void Write(int word)
        {
            Span<byte> four = stackalloc byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(four, word);
            _types.AddRange(four);
        }

        private int Text(string name)
        {
            if (name.Length == 0)
            {
                return 0;
            }

            var at = _strings.Count;
            _strings.AddRange(Encoding.UTF8.GetBytes(name + '\0'));
            return at;
        }
    }
}
