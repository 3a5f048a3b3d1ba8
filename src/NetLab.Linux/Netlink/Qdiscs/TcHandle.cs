using System.Globalization;

namespace NetLab.Linux.Netlink;

/// <summary>The number of a queueing discipline or class, written <c>MAJOR:MINOR</c> in hexadecimal as by tc(8).</summary>
/// <param name="Value">Major number in the upper 16 bits, minor in the lower.</param>
public readonly record struct TcHandle(uint Value)
{
    /// <summary>Makes a handle of its two numbers.</summary>
    public TcHandle(ushort major, ushort minor)
        : this(((uint)major << 16) | minor)
    {
    }

    /// <summary>No handle; the kernel chooses (TC_H_UNSPEC).</summary>
    public static TcHandle None => default;

    /// <summary>The root of a device (TC_H_ROOT).</summary>
    public static TcHandle Root => new(0xffffffff);

    /// <summary>The place of <c>ingress</c> and <c>clsact</c> (TC_H_INGRESS, TC_H_CLSACT).</summary>
    public static TcHandle Ingress => new(0xfffffff1);

    /// <summary>Parent of filters on what comes in, with <c>clsact</c> (TC_H_MIN_INGRESS).</summary>
    public static TcHandle ClsactIngress => new(0xfffffff2);

    /// <summary>Parent of filters on what goes out, with <c>clsact</c> (TC_H_MIN_EGRESS).</summary>
    public static TcHandle ClsactEgress => new(0xfffffff3);

    /// <summary>The upper number.</summary>
    public ushort Major => (ushort)(Value >> 16);

    /// <summary>The lower number.</summary>
    public ushort Minor => (ushort)Value;

    /// <summary>Reads <c>1:10</c>, <c>1:</c>, <c>root</c> or <c>ingress</c>.</summary>
    /// <exception cref="FormatException">It is none of these.</exception>
    public static TcHandle Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text is "root")
        {
            return Root;
        }

        if (text is "ingress" or "clsact")
        {
            return Ingress;
        }

        var parts = text.Split(':');
        if (parts.Length == 2 && Number(parts[0], out var major) && Number(parts[1], out var minor))
        {
            return new TcHandle(major, minor);
        }

        throw new FormatException($"'{text}' is no tc handle: write MAJOR:MINOR in hexadecimal, such as 1:10 or 1:, or root.");

        static bool Number(string part, out ushort number)
        {
            number = 0;
            return part.Length == 0 || ushort.TryParse(part, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number);
        }
    }

    /// <summary><c>1:10</c>, <c>1:</c>, <c>root</c> or <c>none</c>.</summary>
    public override string ToString() =>
        this == None ? "none" : this == Root ? "root" : this == Ingress ? "ingress" : Minor == 0 ? $"{Major:x}:" : $"{Major:x}:{Minor:x}";
}
