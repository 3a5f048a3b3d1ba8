using NetLab.Linux.Processes;

namespace NetLab;

/// <summary>Whether the lab is there.</summary>
public sealed partial class Lab
{
    private LiveLab? _live;

    /// <summary>Whether the lab exists in the kernel.</summary>
    public bool IsApplied => Live.IsApplied;

    /// <summary>Whether the lab's namespaces are somebody else's: it looks at them, and refuses to change anything or to send.</summary>
    public bool IsAdopted => Live.IsAdopted;

    /// <summary>What exists of the lab beside its nodes.</summary>
    internal LiveLab Live => _live ?? Interlocked.CompareExchange(ref _live, new LiveLab(this), null) ?? _live;

    /// <summary>The lab's own PID namespace: everything that runs in a node runs in it, and dies with it.</summary>
    internal ProcessGroup Processes => Live.Processes;

    internal void RequireApplied()
    {
        ObjectDisposedException.ThrowIf(Live.IsDisposed, this);
        if (!IsApplied)
        {
            throw new InvalidOperationException("The lab is not applied yet; call lab.ApplyAsync() first.");
        }
    }

    internal void RequireOwn()
    {
        if (IsAdopted)
        {
            throw new InvalidOperationException(
                "The namespaces of this lab are somebody else's (Lab.Adopt): it looks at them, and neither changes anything there nor sends.");
        }
    }
}
