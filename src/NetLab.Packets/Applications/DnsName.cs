using System.Text;

namespace NetLab.Packets;

// A domain name (RFC 1035 3.1): labels of 1 to 63 bytes, each behind its length, and a zero; or, in DNS messages only, a
// pointer of two bytes 11xxxxxx xxxxxxxx to where the rest of the name is (4.1.4).

/// <summary>Domain names as text: "vm1.example.", without the last dot; "." is the root. Bytes that text cannot show are \DDD.</summary>
internal static class DnsName
{
    private const int MaximumLength = 255;

    /// <summary>Reads a name. Pointers must go back, so that there is no loop to fall into.</summary>
    /// <param name="message">The whole message, which pointers count from.</param>
    /// <param name="at">Where the name starts; after the call, where it ends.</param>
    /// <param name="name">The name when this returns true.</param>
    /// <param name="defect">Why this returns false.</param>
    /// <param name="compressed">Whether pointers are allowed.</param>
    public static bool TryRead(ReadOnlySpan<byte> message, ref int at, out string name, out Defect defect, bool compressed = true)
    {
        name = "";
        defect = default;
        var text = new StringBuilder();
        var (position, earliest, total, jumped) = (at, at, 0, false);
        while (true)
        {
            if (position >= message.Length)
            {
                defect = Defect.Truncated("domain name");
                return false;
            }

            int length = message[position];
            if (length >= 0xC0 && compressed)
            {
                if (position + 2 > message.Length)
                {
                    defect = Defect.Truncated("domain name");
                    return false;
                }

                var target = ((length & 0x3F) << 8) | message[position + 1];
                if (target >= earliest)
                {
                    defect = Defect.Malformed("domain name whose pointer does not go back");
                    return false;
                }

                at = jumped ? at : position + 2;
                (position, earliest, jumped) = (target, target, true);
            }
            else if (length > 63)
            {
                defect = Defect.Malformed("domain name with a label of an unknown kind");
                return false;
            }
            else if (position + 1 + length > message.Length)
            {
                defect = Defect.Truncated("domain name");
                return false;
            }
            else if ((total += length + 1) > MaximumLength)
            {
                defect = Defect.Malformed("domain name of more than 255 bytes");
                return false;
            }
            else if (length == 0)
            {
                at = jumped ? at : position + 1;
                name = text.Length == 0 ? "." : text.ToString();
                return true;
            }
            else
            {
                AppendLabel(text, message.Slice(position + 1, length));
                position += 1 + length;
            }
        }
    }

    /// <summary>Writes a name without compression.</summary>
    /// <exception cref="ArgumentException">A label is empty or longer than 63 bytes, or the name than 255.</exception>
    public static void Write(ByteBuilder builder, string name)
    {
        var start = builder.Count;
        var label = new List<byte>(63);
        for (var i = 0; i < name.Length; i++)
        {
            var c = name[i];
            if (c == '.' && (name.Length == 1 || (i == name.Length - 1 && label.Count > 0)))
            {
                break;
            }

            if (c == '.')
            {
                Flush(builder, label, name);
            }
            else if (c == '\\' && i + 3 < name.Length && byte.TryParse(name.AsSpan(i + 1, 3), out var escaped))
            {
                label.Add(escaped);
                i += 3;
            }
            else if (c is '\\' or > '~' or <= ' ')
            {
                throw new ArgumentException($"'{name}' is not a domain name: write the byte {(int)c} as \\{(int)c:000}.", nameof(name));
            }
            else
            {
                label.Add((byte)c);
            }
        }

        if (label.Count > 0)
        {
            Flush(builder, label, name);
        }

        builder.U8(0);
        if (builder.Count - start > MaximumLength)
        {
            throw new ArgumentException($"'{name}' is longer than a domain name may be, 255 bytes.", nameof(name));
        }
    }

    private static void Flush(ByteBuilder builder, List<byte> label, string name)
    {
        if (label.Count is 0 or > 63)
        {
            throw new ArgumentException($"'{name}' is not a domain name: its labels have 1 to 63 bytes.", nameof(name));
        }

        builder.U8(label.Count).Bytes(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(label));
        label.Clear();
    }

    private static void AppendLabel(StringBuilder text, ReadOnlySpan<byte> label)
    {
        if (text.Length > 0)
        {
            text.Append('.');
        }

        foreach (var b in label)
        {
            if (b is > (byte)' ' and <= (byte)'~' and not (byte)'.' and not (byte)'\\')
            {
                text.Append((char)b);
            }
            else
            {
                text.Append('\\').Append($"{b:000}");
            }
        }
    }
}
