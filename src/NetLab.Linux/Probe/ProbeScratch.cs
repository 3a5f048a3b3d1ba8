namespace NetLab.Linux.Probe;

/// <summary>The namespace in which features are tried out; made when the first probe needs it, and thrown away with all that is in it.</summary>
internal sealed class ProbeScratch : IDisposable
{
    private NetworkNamespace? _ns;
    private LinuxException? _refused;
    private int _devices;

    /// <exception cref="LinuxException">No namespace can be made: then nothing that needs one is available.</exception>
    public NetworkNamespace Namespace
    {
        get
        {
            if (_refused is not null)
            {
                throw _refused;
            }

            try
            {
                return _ns ??= NetworkNamespace.Create();
            }
            catch (LinuxException exception)
            {
                _refused = exception;
                throw;
            }
        }
    }

    /// <summary>A device name not used yet in this scratch namespace.</summary>
    public string NextName() => $"probe{_devices++}";

    /// <summary>The index of a fresh Ethernet device to put others on top of, or as a port.</summary>
    /// <exception cref="LinuxException">The kernel can make neither a veth pair nor a bridge.</exception>
    public int LowerDevice()
    {
        var name = NextName();
        var answer = LinkProbes.Create(this, name, "veth", []);
        if (answer.Errno is not 0)
        {
            answer = LinkProbes.Create(this, name, "bridge", []);
        }

        return answer.Errno is 0 ? DeviceIoctl.IndexOf(Namespace, name)
            : throw new LinuxException("make a device for the probe to work on", answer.Errno, answer.ExtendedAck);
    }

    public void Dispose() => _ns?.Dispose();
}
