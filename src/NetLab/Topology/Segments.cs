namespace NetLab;

/// <summary>Which devices share a broadcast domain: links and Linux bridges join, an Open vSwitch bridge joins the ports of one tag.</summary>
internal sealed class Segments
{
    private readonly Dictionary<object, object> _parents = [];

    public static Segments Of(Lab lab)
    {
        var segments = new Segments();
        foreach (Link link in lab.Links)
        {
            segments.Join(link.A, link.B);
        }

        foreach (Device device in lab.Nodes.SelectMany(n => n.Devices))
        {
            switch (device.Switch)
            {
                case Bridge bridge:
                    segments.Join(device, bridge);
                    break;
                case OvsBridge ovs:
                    segments.Join(device, (ovs, ovs.Port(device).Tag));
                    break;
                default:
                    break;
            }
        }

        return segments;
    }

    /// <summary>The representative of the device's broadcast domain.</summary>
    public object Find(object item)
    {
        while (_parents.TryGetValue(item, out object? parent))
        {
            item = parent;
        }

        return item;
    }

    private void Join(object a, object b)
    {
        object left = Find(a), right = Find(b);
        if (!left.Equals(right))
        {
            _parents[left] = right;
        }
    }
}
