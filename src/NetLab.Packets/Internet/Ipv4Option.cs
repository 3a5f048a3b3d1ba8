namespace NetLab.Packets;

/// <summary>Kinds of options of IPv4 (IANA "IP Option Numbers"), and how to write those that a lab needs.</summary>
public static class Ipv4Option
{
    /// <summary>End of the list.</summary>
    public const byte End = 0;

    /// <summary>Padding.</summary>
    public const byte NoOperation = 1;

    /// <summary>Record route (RFC 791).</summary>
    public const byte RecordRoute = 7;

    /// <summary>Timestamps (RFC 791).</summary>
    public const byte Timestamp = 68;

    /// <summary>Security (RFC 1108).</summary>
    public const byte Security = 130;

    /// <summary>Loose source route (RFC 791).</summary>
    public const byte LooseSourceRoute = 131;

    /// <summary>CIPSO labels (FIPS 188).</summary>
    public const byte Cipso = 134;

    /// <summary>Strict source route (RFC 791).</summary>
    public const byte StrictSourceRoute = 137;

    /// <summary>Router alert (RFC 2113), on every IGMP packet.</summary>
    public const byte RouterAlert = 148;

    /// <summary>The bytes of a router alert: "every router look at this".</summary>
    public static ReadOnlySpan<byte> RouterAlertBytes => [RouterAlert, 4, 0, 0];

    /// <summary>The name of a kind, or its number.</summary>
    /// <param name="kind">The kind.</param>
    public static string NameOf(byte kind) => kind switch
    {
        NoOperation => "No operation",
        RecordRoute => "Record route",
        Timestamp => "Timestamp",
        Security => "Security",
        LooseSourceRoute => "Loose source route",
        Cipso => "CIPSO",
        StrictSourceRoute => "Strict source route",
        RouterAlert => "Router alert",
        _ => $"Option {kind}",
    };

    /// <summary>The bytes of a record route, loose or strict source route option.</summary>
    /// <param name="kind"><see cref="RecordRoute"/>, <see cref="LooseSourceRoute"/> or <see cref="StrictSourceRoute"/>.</param>
    /// <param name="addresses">At most nine addresses; "0.0.0.0" for an empty slot.</param>
    /// <exception cref="ArgumentException">More than nine addresses.</exception>
    public static byte[] Route(byte kind, params ReadOnlySpan<Ipv4Address> addresses)
    {
        if (addresses.Length > 9)
        {
            throw new ArgumentException($"An IPv4 header has room for 9 addresses, not {addresses.Length}.", nameof(addresses));
        }

        var bytes = new byte[3 + (addresses.Length * 4)];
        bytes[0] = kind;
        bytes[1] = (byte)bytes.Length;
        bytes[2] = 4;
        for (var i = 0; i < addresses.Length; i++)
        {
            addresses[i].CopyTo(bytes.AsSpan(3 + (i * 4)));
        }

        return bytes;
    }

    internal static void Describe(Layer layer, ReadOnlySpan<byte> options)
    {
        var walk = new HeaderOptionEnumerator(options);
        var at = Ipv4Packet.MinimumHeaderLength;
        while (walk.MoveNext())
        {
            var option = walk.Current;
            var field = layer.Add(NameOf(option.Kind), at, option.Bytes.Length, Convert.ToHexStringLower(option.Data));
            if (option.Kind is RecordRoute or LooseSourceRoute or StrictSourceRoute && option.Data.Length >= 1)
            {
                field.Child("Pointer", 2, 1, option.Data[0]);
                for (var i = 1; i + 4 <= option.Data.Length; i += 4)
                {
                    field.Child("Address", i + 2, 4, Ipv4Address.Read(option.Data[i..]));
                }
            }

            at += option.Bytes.Length;
        }

        if (!walk.Defect.IsNone)
        {
            layer.Defect = walk.Defect;
        }
    }
}
