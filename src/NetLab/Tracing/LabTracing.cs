namespace NetLab;

/// <summary>By what a lab sees frames. Which it is shows when the first frame is followed.</summary>
internal sealed partial class LiveLab
{
    private partial IWitness CreateWitness()
    {
        var watch = KernelWatch.For(lab.Options.Tracing, out var why) as IFrameWatch ?? new FrameWatch(why);
        watch.AddNodes(lab.Nodes);
        return watch;
    }
}

/// <summary>What a lab's own witness is asked beyond the barrier's questions.</summary>
public static class LabTracing
{
    extension(Lab lab)
    {
        /// <summary>
        /// By what the lab follows frames: <c>BPF on 11 tracepoints, kernel 6.18.44</c>, or <c>packet sockets</c> and why nothing better.
        /// Which it is shows when the first frame is followed; asking decides it.
        /// </summary>
        /// <exception cref="InvalidOperationException">The lab is not applied.</exception>
        public string TracingLevel => lab.Watch().Level;

        /// <summary>Sees to it that every node is watched from now on; the first observed frame does this by itself.</summary>
        internal IFrameWatch Watch() => (IFrameWatch)lab.Live.Watch();
    }
}
