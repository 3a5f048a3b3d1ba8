using NetLab.Linux.Bpf;

namespace NetLab;

/// <summary>What was seen while a frame was under way. Which copies it had, and what became of them, others make of it.</summary>
/// <param name="Lost">How many records had no room.</param>
internal abstract record Seen(long Lost);

/// <summary>What the kernel's tracepoints told of all frames.</summary>
internal sealed record SeenByKernel(IReadOnlyList<TraceEvent> Events, long Lost) : Seen(Lost);

/// <summary>Where packet sockets saw the frame.</summary>
internal sealed record SeenBySockets(IReadOnlyList<Sighting> Sightings, long Lost) : Seen(Lost);
