using System.Net;

namespace NetLab.Benchmarks.Topologies;

/// <summary>Names and addresses of the networks, the same by whatever way they are built.</summary>
internal static class Plan
{
    public static IPAddress Host(int number) => new([10, 0, (byte)(number / 250), (byte)(number % 250 + 1)]);

    public static IEnumerable<GridLink> GridLinks(int side)
    {
        var number = 0;
        for (var row = 0; row < side; row++)
        {
            for (var column = 0; column < side; column++)
            {
                var here = row * side + column;
                if (column + 1 < side)
                {
                    yield return new GridLink(here, "east", here + 1, "west", number++);
                }

                if (row + 1 < side)
                {
                    yield return new GridLink(here, "south", here + side, "north", number++);
                }
            }
        }
    }

    internal sealed record GridLink(int A, string NameAtA, int B, string NameAtB, int Number)
    {
        public IPAddress AddressOfA => new([10, 1, (byte)(Number / 64), (byte)(Number % 64 * 4 + 1)]);

        public IPAddress AddressOfB => new([10, 1, (byte)(Number / 64), (byte)(Number % 64 * 4 + 2)]);
    }
}
