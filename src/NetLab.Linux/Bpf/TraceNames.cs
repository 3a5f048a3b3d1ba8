using System.Runtime.InteropServices;
using System.Text;

namespace NetLab.Linux.Bpf;

/// <summary>
/// What turns the numbers of records into words: names of devices (one string each, however often they occur), of kernel functions, of
/// reasons. Safe for several threads at once.
/// </summary>
internal sealed class TraceNames(KernelLayout layout, KernelSymbols symbols)
{
    private const int Most = 100_000; // devices come and go; the table starts anew before it becomes a burden

    private readonly Dictionary<UInt128, string> _devices = [];
    private readonly Lock _gate = new(); // of the names of devices and functions

    /// <summary>The name in a <c>char name[16]</c>.</summary>
    public string Device(ReadOnlySpan<byte> name)
    {
        var key = MemoryMarshal.Read<UInt128>(name);
        lock (_gate)
        {
            if (!_devices.TryGetValue(key, out var text))
            {
                if (_devices.Count >= Most)
                {
                    _devices.Clear();
                }

                var end = name.IndexOf((byte)0);
                text = Encoding.UTF8.GetString(end < 0 ? name : name[..end]);
                _devices[key] = text;
            }

            return text;
        }
    }

    /// <summary>The name of a drop's reason.</summary>
    public string Reason(int reason) => reason < 0 ? "" : layout.DropReasonName(reason);

    /// <summary>The function that an address is in.</summary>
    public string Function(ulong address)
    {
        lock (_gate)
        {
            return address == 0 ? "" : symbols.NameOf(address);
        }
    }

    /// <summary>The function on a stack that called another; empty when that is not on it.</summary>
    public string Caller(ReadOnlySpan<ulong> addresses, string called)
    {
        lock (_gate)
        {
            symbols.Resolve(addresses);
            for (var i = 0; i + 1 < addresses.Length; i++)
            {
                if (symbols.NameOf(addresses[i]) == called)
                {
                    return symbols.NameOf(addresses[i + 1]);
                }
            }
        }

        return "";
    }

    /// <summary>
    /// The functions on a stack, innermost first, from the one that freed the frame on.
    /// What is above it (the tracing program and the functions that free an skb) is left out.
    /// </summary>
    public string[] Stack(ReadOnlySpan<ulong> addresses, ulong location)
    {
        var functions = new List<string>(addresses.Length);
        lock (_gate)
        {
            symbols.Resolve(addresses);
            foreach (var address in addresses)
            {
                functions.Add(symbols.NameOf(address));
            }
        }

        var start = location == 0 ? -1 : functions.IndexOf(Function(location));
        return start > 0 ? [.. functions[start..]] : [.. functions];
    }
}
