namespace NetLab.Linux.Netlink;

/// <summary>
/// A setting that came with a version of Linux. Kernels before it take the request, ignore the setting and say nothing: so it is read back once it was
/// asked for, and refused by name where it is not there (<see cref="RouteSocket.Execute"/>).
/// </summary>
/// <param name="version">The version: <c>6.6</c>.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SinceLinuxAttribute(string version) : System.Attribute
{
    /// <summary>The version.</summary>
    public string Version => version;

    /// <summary>What kernels before it do anyhow: asking for that is no fault there.</summary>
    public bool Before { get; init; }
}
