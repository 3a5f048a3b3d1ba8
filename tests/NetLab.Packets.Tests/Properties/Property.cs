using System.Collections;
using System.Reflection;
using FsCheck;
using FsCheck.Fluent;

namespace NetLab.Packets.Tests.Properties;

/// <summary>What the property tests share: running one, the usual generators, and reading everything that a frame offers.</summary>
internal static class Property
{
    /// <summary>Checks an assertion for many generated values. A failure names the value and the seed that gives it again.</summary>
    public static void Holds<T>(Gen<T> values, Action<T> assertion, int tests = 500) =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(tests), Prop.ForAll(values.ToArbitrary(), assertion));

    public static Gen<byte> Byte => Gen.Choose(0, 255).Select(i => (byte)i);

    public static Gen<ushort> U16 => Gen.Choose(0, 65535).Select(i => (ushort)i);

    public static Gen<uint> U32 => Gen.Zip(U16, U16, (high, low) => ((uint)high << 16) | low);

    public static Gen<ulong> U64 => Gen.Zip(U32, U32, (high, low) => ((ulong)high << 32) | low);

    public static Gen<bool> Bool => Gen.Elements(false, true);

    public static Gen<MacAddress> Mac => U64.Select(MacAddress.FromUInt64);

    public static Gen<Ipv4Address> Ip4 => U32.Select(Ipv4Address.FromUInt32);

    public static Gen<Ipv6Address> Ip6 => Gen.Zip(U64, U64, (high, low) => Ipv6Address.FromUInt128(new UInt128(high, low)));

    public static Gen<byte[]> Bytes(int most) => Gen.Choose(0, most).SelectMany(n => Byte.ArrayOf(n));

    public static Gen<T?> Maybe<T>(Gen<T> values)
        where T : struct => Bool.SelectMany(there => there ? values.Select(v => (T?)v) : Gen.Constant((T?)null));

    /// <summary>A well-formed frame and its kind.</summary>
    public static Gen<(string Kind, Frame Frame)> Frames =>
        Gen.Zip(Gen.Elements(FrameGenerator.Kinds.ToArray()), Gen.Choose(0, int.MaxValue), (kind, seed) => (kind, new FrameGenerator(seed).Next(kind)));

    /// <summary>Reads every property of a frame and of what they give, its text, its tree, and its difference to another.</summary>
    public static int ReadAll(Frame frame)
    {
        var read = Read(frame, 3) + frame.ToString().Length + frame.ToTree().Length;
        return read + FrameDiff.Of(frame, Frame.FromBytes([])).ToString().Length;
    }

    private static int Read(object? value, int depth)
    {
        if (value is null || depth == 0)
        {
            return 0;
        }

        var read = 1;
        if (value is IEnumerable list and not string)
        {
            foreach (var item in list)
            {
                read += Read(item, depth - 1);
            }

            return read;
        }

        if (value.GetType().Namespace?.StartsWith("NetLab", StringComparison.Ordinal) != true || value.GetType().IsEnum)
        {
            return read;
        }

        foreach (var property in value.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            if (property.GetIndexParameters().Length == 0 && !property.PropertyType.IsByRefLike)
            {
                read += Read(property.GetValue(value), depth - 1);
            }
        }

        return read;
    }
}
