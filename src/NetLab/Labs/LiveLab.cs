using NetLab.Linux.Processes;

namespace NetLab;

/// <summary>
/// What exists of a lab beside its nodes: the processes' namespace, who sees its frames, and what later rooms keep for it. It knows none of
/// those rooms: each brings an <see cref="ILivePart"/> of its own, so a new room needs no place here.
/// </summary>
internal sealed partial class LiveLab(Lab lab)
{
    private readonly Lock _gate = new();
    private readonly List<ILivePart> _parts = [];
    private ProcessGroup? _processes;
    private IWitness? _witness;
    private int _marks;

    /// <summary>Whether the lab exists in the kernel.</summary>
    public bool IsApplied { get; set; }

    public bool IsDisposed { get; private set; }

    /// <summary>Whether the namespaces are somebody else's.</summary>
    public bool IsAdopted { get; set; }

    /// <summary>The lab's own PID namespace: everything that runs in a node runs in it, and dies with it.</summary>
    public ProcessGroup Processes
    {
        get
        {
            lock (_gate)
            {
                return _processes ??= ProcessGroup.Create();
            }
        }
    }

    /// <summary>Who sees the lab's frames; null until somebody asked.</summary>
    public IWitness? Witness => Volatile.Read(ref _witness);

    /// <summary>Sees to it that every node is watched from now on.</summary>
    public IWitness Watch()
    {
        lab.RequireApplied();
        lock (_gate)
        {
            return _witness ??= CreateWitness();
        }
    }

    /// <summary>The part of this kind, made when it is first asked for.</summary>
    public T Part<T>(Func<Lab, T> make)
        where T : class, ILivePart
    {
        lock (_gate)
        {
            if (_parts.Find(p => p is T) is T part)
            {
                return part;
            }

            part = make(lab);
            _parts.Add(part);
            return part;
        }
    }

    /// <summary>A number for the IPv4 identification of a frame that the lab sends, by which it is known again behind NAT, routers and tunnels.</summary>
    public ushort NextMark() => (ushort)(Interlocked.Increment(ref _marks) % 65_000 + 1);

    /// <summary>The lab is about to be applied.</summary>
    public void Prepare() => PrepareRecording(lab);

    /// <summary>The lab has nodes that it did not have before.</summary>
    public void AddNewNodes()
    {
        BeginRecording();
        foreach (var part in Parts())
        {
            part.AddNewNodes(lab);
        }
    }

    /// <summary>The node has another namespace than before.</summary>
    public void Renew(Node node)
    {
        foreach (var part in Parts())
        {
            part.Forget(node);
            part.AddNewNodes(lab);
        }
    }

    /// <summary>The lab goes: nothing is to be asked of it any more. What is kept for it ends.</summary>
    public async ValueTask EndPartsAsync()
    {
        IsDisposed = true;
        IsApplied = false;
        foreach (var part in Parts())
        {
            await part.EndAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Kills what still runs in the nodes.</summary>
    public async ValueTask EndProcessesAsync()
    {
        if (_processes is not null)
        {
            await _processes.DisposeAsync().ConfigureAwait(false);
        }
    }

    // What this room needs of a later one it only declares; the room that sees implements it.
    private partial IWitness CreateWitness();

    private partial ILivePart BeginRecording();

    private static partial void PrepareRecording(Lab lab);

    private List<ILivePart> Parts()
    {
        lock (_gate)
        {
            return _witness is null ? [.. _parts] : [.. _parts, _witness];
        }
    }
}

/// <summary>What a later room keeps for a lab while that exists: a watch, captures, fates.</summary>
internal interface ILivePart
{
    /// <summary>The lab has nodes that it did not have before.</summary>
    void AddNewNodes(Lab lab)
    {
    }

    /// <summary>The node has another namespace than before; <see cref="AddNewNodes"/> follows.</summary>
    void Forget(Node node)
    {
    }

    /// <summary>The lab goes, and all of it is still there. It must not throw.</summary>
    ValueTask EndAsync() => ValueTask.CompletedTask;
}
