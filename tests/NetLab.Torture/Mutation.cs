namespace NetLab.Torture;

/// <summary>Bytes that are almost right: flipped, overwritten with what parsers stumble over, cut, doubled, put together from two.</summary>
internal static class Mutation
{
    // Lengths and counts at their ends, characters that steer, beginnings of UTF-8 that go nowhere.
    private static readonly byte[] Nasty =
        [0x00, 0x01, 0x7F, 0x80, 0xFF, 0xFE, 0x1B, 0x0A, 0x0D, 0x9B, 0xC2, 0xE2, 0x22, 0x5C, 0x7B, 0x5B, 0x3A, 0x2D, 0x26, 0x2A];

    public static byte[] Of(Random random, byte[] bytes, byte[] other)
    {
        var mutated = new List<byte>(bytes);
        for (var changes = random.Next(1, 8); changes > 0; changes--)
        {
            int at = random.Next(mutated.Count + 1), length = random.Next(Math.Min(32, mutated.Count - at + 1));
            switch (random.Next(6))
            {
                case 0 when at < mutated.Count:
                    mutated[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1 when at < mutated.Count:
                    mutated[at] = Nasty[random.Next(Nasty.Length)];
                    break;
                case 2:
                    mutated.RemoveRange(at, length);
                    break;
                case 3:
                    mutated.InsertRange(at, mutated.GetRange(at, length));
                    break;
                case 4 when random.Next(8) == 0:
                    mutated.RemoveRange(at, mutated.Count - at);
                    break;
                case 5 when other.Length > 0:
                    var from = random.Next(other.Length);
                    mutated.InsertRange(at, other[from..Math.Min(other.Length, from + random.Next(64))]);
                    break;
            }
        }

        return [.. mutated];
    }
}
