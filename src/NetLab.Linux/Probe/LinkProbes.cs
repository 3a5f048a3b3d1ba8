namespace NetLab.Linux.Probe;

/// <summary>Kinds of links: each is created in the scratch namespace by RTM_NEWLINK. See include/uapi/linux/if_link.h.</summary>
internal static class LinkProbes
{
    private const int RTM_NEWLINK = 16, IFLA_IFNAME = 3, IFLA_LINK = 5, IFLA_LINKINFO = 18, IFLA_INFO_KIND = 1, IFLA_INFO_DATA = 2;

    /// <summary>Creates a link of a kind, with the attributes of IFLA_INFO_DATA, and on top of another device where the kind wants one.</summary>
    public static Finding Kind(ProbeScratch scratch, string kind, byte[][] data, bool onTopOfAnother, string? module)
    {
        // Loading some modules makes a device in the host's own namespace: those are not loaded just to see whether they are there.
        if (module is not null && KernelModule.IsLoadable(module))
        {
            return new Finding(true, $"module {module} is installed and not loaded (the probe does not load it: that makes a device on the host)");
        }

        try
        {
            var extra = onTopOfAnother ? ProbeSocket.Attribute(IFLA_LINK, ProbeSocket.U32(scratch.LowerDevice())) : [];
            var answer = Create(scratch, scratch.NextName(), kind, data, extra);
            return Finding.Of($"create a link of kind {kind}", answer.Errno, answer.ExtendedAck);
        }
        catch (LinuxException refused)
        {
            return new Finding(false, refused.Message);
        }
    }

    /// <summary>Creates a link.</summary>
    public static ProbeSocket.Answer Create(ProbeScratch scratch, string name, string kind, byte[][] data, byte[]? extra = null)
    {
        using var socket = new ProbeSocket(scratch.Namespace, ProbeSocket.Route);

        // struct ifinfomsg (16 bytes, all zero), then the attributes.
        return socket.Ask(RTM_NEWLINK, create: true, new byte[16], ProbeSocket.Attribute(IFLA_IFNAME, ProbeSocket.Text(name)), extra ?? [],
            ProbeSocket.Attribute(
            IFLA_LINKINFO, ProbeSocket.Attribute(IFLA_INFO_KIND, ProbeSocket.Text(kind)), data.Length is 0 ? [] : ProbeSocket.Attribute(IFLA_INFO_DATA, data)));
    }
}
