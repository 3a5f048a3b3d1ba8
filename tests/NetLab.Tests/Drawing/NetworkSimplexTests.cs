using NetLab.Drawing;

namespace NetLab.Tests.Drawing;

public sealed class NetworkSimplexTests
{
    [Fact]
    public void Things_that_pull_each_other_stand_in_one_line()
    {
        var problem = new NetworkSimplex();
        int[] v = [.. Enumerable.Range(0, 4).Select(_ => problem.Variable())];
        problem.Keep(v[0], v[1], 100);
        problem.Keep(v[2], v[3], 30);
        problem.Pull(v[0], v[2], 1);
        problem.Pull(v[1], v[3], 1);

        var places = problem.Solve();

        Assert.Equal(places[0], places[2]);
        Assert.Equal(places[1], places[3]);
        Assert.Equal(100, places[1] - places[0]);
    }

    [Fact]
    public void The_stronger_pull_wins()
    {
        var problem = new NetworkSimplex();
        int left = problem.Variable(), between = problem.Variable(), right = problem.Variable();
        problem.Keep(left, right, 100);
        problem.Keep(left, between, 0);
        problem.Pull(left, right, 10);
        problem.Pull(between, left, 1);
        problem.Pull(between, right, 3);

        var places = problem.Solve();

        Assert.Equal(100, places[right] - places[left]);
        Assert.Equal(places[right], places[between]);
    }

    [Fact]
    public void Distances_in_a_circle_are_refused()
    {
        var problem = new NetworkSimplex();
        int a = problem.Variable(), b = problem.Variable();
        problem.Keep(a, b, 1);
        problem.Keep(b, a, 1);

        Assert.Throws<InvalidOperationException>(() => problem.Solve());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void No_other_places_are_better(int seed)
    {
        var random = new Random(seed);
        const int Count = 5, Furthest = 6;
        var problem = new NetworkSimplex();
        int[] v = [.. Enumerable.Range(0, Count).Select(_ => problem.Variable())];
        var distances = new List<(int Left, int Right, int Distance)>();
        var pulls = new List<(int A, int B, int Weight)>();
        for (var i = 1; i < Count; i++)
        {
            distances.Add((random.Next(i), i, random.Next(3)));
        }

        for (var i = 0; i < 5; i++)
        {
            pulls.Add((random.Next(Count), random.Next(Count), random.Next(1, 5)));
        }

        distances.ForEach(d => problem.Keep(v[d.Left], v[d.Right], d.Distance));
        pulls.ForEach(p => problem.Pull(v[p.A], v[p.B], p.Weight));
        var places = problem.Solve();

        int Cost(int[] x) => pulls.Sum(p => p.Weight * Math.Abs(x[p.A] - x[p.B]));
        bool Keeps(int[] x) => distances.TrueForAll(d => x[d.Right] - x[d.Left] >= d.Distance);
        Assert.True(Keeps(places));

        var best = int.MaxValue;
        var tried = new int[Count];
        for (var n = 0; n < Math.Pow(Furthest + 1, Count); n++)
        {
            for (int i = 0, rest = n; i < Count; i++, rest /= Furthest + 1)
            {
                tried[i] = rest % (Furthest + 1);
            }

            if (Keeps(tried))
            {
                best = Math.Min(best, Cost(tried));
            }
        }

        Assert.Equal(best, Cost([.. v.Select(i => places[i])]));
    }
}
