namespace NetLab.Packets;

/// <summary>What a record of an IGMPv3 or MLDv2 report says (RFC 3376 4.2.12, RFC 3810 5.2.12).</summary>
public enum MulticastRecordType : byte
{
    /// <summary>Now: only from these sources.</summary>
    ModeIsInclude = 1,

    /// <summary>Now: from all but these sources.</summary>
    ModeIsExclude = 2,

    /// <summary>From now on: only from these sources; without any, a leave.</summary>
    ChangeToInclude = 3,

    /// <summary>From now on: from all but these sources; without any, a join.</summary>
    ChangeToExclude = 4,

    /// <summary>From these sources too.</summary>
    AllowNewSources = 5,

    /// <summary>No longer from these sources.</summary>
    BlockOldSources = 6,
}

/// <summary>Codes of times in IGMPv3 and MLDv2: small numbers as they are, large ones with an exponent.</summary>
internal static class MulticastTime
{
    /// <summary>RFC 3376 4.1.1 and 4.1.7: 8 bits, 1 exp(3) mant(4).</summary>
    public static int Of8(byte code) => code < 128 ? code : ((code & 15) | 16) << (((code >> 4) & 7) + 3);

    /// <summary>RFC 3810 5.1.3: 16 bits, 1 exp(3) mant(12).</summary>
    public static int Of16(ushort code) => code < 32768 ? code : ((code & 0xFFF) | 0x1000) << (((code >> 12) & 7) + 3);
}
