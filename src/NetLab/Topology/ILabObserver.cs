namespace NetLab;

/// <summary>Is told of the labs of this process, in the flow of execution that makes or disposes them. It must not throw.</summary>
internal interface ILabObserver
{
    /// <summary>A lab was made; it is still empty.</summary>
    void Made(Lab lab);

    /// <summary>A lab is about to be disposed; all of it is still there.</summary>
    ValueTask BeforeDisposalAsync(Lab lab);
}
