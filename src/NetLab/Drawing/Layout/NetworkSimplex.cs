namespace NetLab.Drawing;

/// <summary>
/// Integer positions on a line that keep minimum distances and make the weighted lengths of all edges as short as possible:
/// "A Technique for Drawing Directed Graphs" (Gansner, Koutsofios, North, Vo, 1993), section 2.3 and figure 2-1. A picture
/// uses it for x coordinates: distances keep shapes apart, weights pull the ends of a cable into one straight line.
/// </summary>
internal sealed class NetworkSimplex
{
    private readonly List<Edge> _edges = [];
    private readonly List<List<int>> _touching = [];

    // The spanning tree: for each variable the edge to its parent and the order in which a walk from the root leaves it.
    private readonly List<int> _walk = [];
    private int[] _position = [];
    private int[] _parentEdge = [];
    private int[] _low = [];
    private int[] _left = [];
    private long[] _cut = [];
    private bool[] _inTree = [];

    private readonly record struct Edge(int Tail, int Head, int Distance, int Weight);

    /// <summary>Adds a variable and returns its number.</summary>
    public int Variable()
    {
        _touching.Add([]);
        return _touching.Count - 1;
    }

    /// <summary>
    /// Keeps <paramref name="right"/> at least <paramref name="distance"/> to the right of <paramref name="left"/>, pulling by <paramref name="weight"/>.
    /// </summary>
    public void Keep(int left, int right, int distance, int weight = 0)
    {
        _touching[left].Add(_edges.Count);
        _touching[right].Add(_edges.Count);
        _edges.Add(new Edge(left, right, distance, weight));
    }

    /// <summary>Pulls two variables towards one place, whichever of them is on the left.</summary>
    public void Pull(int a, int b, int weight)
    {
        var both = Variable();
        Keep(both, a, 0, weight);
        Keep(both, b, 0, weight);
    }

    /// <summary>The positions, from 0. All variables must hang together by edges, and distances must not run in a circle.</summary>
    /// <param name="mostSteps">After so many steps the positions are taken as they are: they keep all distances, and may not be the best.</param>
    public int[] Solve(int mostSteps = 20_000)
    {
        StartFromTheLeft();
        GrowTightTree();
        var next = 0;
        for (var step = 0; step < mostSteps; step++)
        {
            WalkTree();
            ComputeCuts();
            var leaving = FindLeaving(ref next);
            if (leaving < 0)
            {
                break;
            }

            Exchange(leaving, FindEntering(leaving));
        }

        var least = _position.Min();
        return [.. _position.Select(p => p - least)];
    }

    private int Slack(int edge) => _position[_edges[edge].Head] - _position[_edges[edge].Tail] - _edges[edge].Distance;

    // Every variable as far left as the distances allow.
    private void StartFromTheLeft()
    {
        var count = _touching.Count;
        _position = new int[count];
        var waitingFor = new int[count];
        foreach (var edge in _edges)
        {
            waitingFor[edge.Head]++;
        }

        var ready = new Queue<int>(Enumerable.Range(0, count).Where(v => waitingFor[v] == 0));
        var done = 0;
        while (ready.TryDequeue(out var v))
        {
            done++;
            foreach (var edge in _touching[v].Select(e => _edges[e]).Where(e => e.Tail == v))
            {
                _position[edge.Head] = Math.Max(_position[edge.Head], _position[v] + edge.Distance);
                if (--waitingFor[edge.Head] == 0)
                {
                    ready.Enqueue(edge.Head);
                }
            }
        }

        if (done < count)
        {
            throw new InvalidOperationException("The distances run in a circle.");
        }
    }

    // A spanning tree of edges without slack: grow it from variable 0, moving it as a whole when no tight edge leads out.
    private void GrowTightTree()
    {
        _inTree = new bool[_edges.Count];
        var members = new List<int> { 0 };
        var isMember = new bool[_touching.Count];
        isMember[0] = true;
        for (var grown = 0; members.Count < _touching.Count;)
        {
            for (; grown < members.Count; grown++)
            {
                foreach (var e in _touching[members[grown]])
                {
                    var other = _edges[e].Tail == members[grown] ? _edges[e].Head : _edges[e].Tail;
                    if (!isMember[other] && Slack(e) == 0)
                    {
                        isMember[other] = true;
                        _inTree[e] = true;
                        members.Add(other);
                    }
                }
            }

            if (members.Count == _touching.Count)
            {
                return;
            }

            var nearest = -1;
            for (var e = 0; e < _edges.Count; e++)
            {
                if (isMember[_edges[e].Tail] != isMember[_edges[e].Head] && (nearest < 0 || Slack(e) < Slack(nearest)))
                {
                    nearest = e;
                }
            }

            if (nearest < 0)
            {
                throw new InvalidOperationException("The variables do not hang together.");
            }

            var shift = isMember[_edges[nearest].Tail] ? Slack(nearest) : -Slack(nearest);
            members.ForEach(v => _position[v] += shift);
            grown = 0;
        }
    }

    private void WalkTree()
    {
        var count = _touching.Count;
        _walk.Clear();
        _parentEdge = new int[count];
        _low = new int[count];
        _left = new int[count];
        Array.Fill(_parentEdge, -1);
        var at = new int[count];
        var path = new Stack<int>();
        path.Push(0);
        while (path.TryPeek(out var v))
        {
            if (at[v] == 0)
            {
                _low[v] = _walk.Count;
            }

            var descended = false;
            while (at[v] < _touching[v].Count)
            {
                var e = _touching[v][at[v]++];
                if (_inTree[e] && e != _parentEdge[v])
                {
                    var child = _edges[e].Tail == v ? _edges[e].Head : _edges[e].Tail;
                    _parentEdge[child] = e;
                    path.Push(child);
                    descended = true;
                    break;
                }
            }

            if (!descended)
            {
                _left[v] = _walk.Count;
                _walk.Add(v);
                path.Pop();
            }
        }
    }

    private bool IsBelow(int v, int root) => _low[root] <= _left[v] && _left[v] <= _left[root];

    // The end of a tree edge that is further from the root.
    private int Child(int edge) => _parentEdge[_edges[edge].Tail] == edge ? _edges[edge].Tail : _edges[edge].Head;

    // Cut value of a tree edge: the weight that leads from its tail's half to its head's half, less the weight that leads back.
    // What crosses the border of a subtree is the sum over its members, because edges inside it count once each way.
    private void ComputeCuts()
    {
        _cut = new long[_edges.Count];
        var into = new long[_touching.Count];
        foreach (var edge in _edges)
        {
            into[edge.Head] += edge.Weight;
            into[edge.Tail] -= edge.Weight;
        }

        foreach (var v in _walk.Where(v => _parentEdge[v] >= 0))
        {
            var up = _edges[_parentEdge[v]];
            var parentIsTail = up.Head == v;
            into[parentIsTail ? up.Tail : up.Head] += into[v];
            _cut[_parentEdge[v]] = parentIsTail ? into[v] : -into[v];
        }
    }

    private int FindLeaving(ref int next)
    {
        for (var n = 0; n < _edges.Count; n++)
        {
            var e = (next + n) % _edges.Count;
            if (_inTree[e] && _cut[e] < 0)
            {
                next = e + 1;
                return e;
            }
        }

        return -1;
    }

    // The edge from the head's half to the tail's half with the least slack; one exists because the leaving edge's cut is negative.
    private int FindEntering(int leaving)
    {
        var child = Child(leaving);
        var childIsTail = _edges[leaving].Tail == child;
        var best = -1;
        for (var e = 0; e < _edges.Count; e++)
        {
            bool tailBelow = IsBelow(_edges[e].Tail, child), headBelow = IsBelow(_edges[e].Head, child);
            if (tailBelow != headBelow && headBelow == childIsTail && (best < 0 || Slack(e) < Slack(best)))
            {
                best = e;
            }
        }

        return best;
    }

    private void Exchange(int leaving, int entering)
    {
        var child = Child(leaving);
        var slack = Slack(entering);
        var shift = IsBelow(_edges[entering].Tail, child) ? slack : -slack;
        if (shift != 0)
        {
            for (var n = _low[child]; n <= _left[child]; n++)
            {
                _position[_walk[n]] += shift;
            }
        }

        _inTree[leaving] = false;
        _inTree[entering] = true;
    }
}
