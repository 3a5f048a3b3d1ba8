using System.Net;
using System.Runtime.InteropServices;

namespace NetLab.Linux.Netlink;

/// <summary>
/// Requests to the kernel, in the order in which they shall be carried out, encoded as they are added. Each remembers what it was doing, in
/// the words of the caller or in words of its own, for the message of an exception. <see cref="RouteSocket.Execute"/> sends them.
/// </summary>
/// <remarks>
/// One file per concept: this one has the requests' book-keeping, <c>NetlinkBatch.Links.cs</c> those about devices, and so on. Not safe for use by
/// several threads at once. After <see cref="Clear"/> a batch can be filled again and costs no new memory.
/// </remarks>
public sealed partial class NetlinkBatch
{
    private readonly MessageWriter _writer = new(16 * 1024);
    private readonly List<Request> _requests = [];
    private readonly List<int> _mayBeIgnored = [];

    /// <summary>Number of requests; one call may add more than one (names beside the first are a request of their own).</summary>
    public int Count => _requests.Count;

    /// <summary>Takes all requests out.</summary>
    public void Clear()
    {
        _writer.Clear();
        _requests.Clear();
        _mayBeIgnored.Clear();
    }

    /// <summary>The encoded requests, one behind the other.</summary>
    internal Span<byte> Bytes => _writer.Bytes;

    /// <summary>Where the request begins in <see cref="Bytes"/>.</summary>
    internal int Start(int index) => _requests[index].Start;

    /// <summary>Where the request ends in <see cref="Bytes"/>.</summary>
    internal int End(int index) => index + 1 < _requests.Count ? _requests[index + 1].Start : _writer.Length;

    /// <summary>WireGuard's settings go to another kind of socket, and are not part of the public batch.</summary>
    internal void AddWireguard(ushort family, string name, WireguardDevice device) =>
        Write((family, name, device), static (writer, a) => WireguardMessages.Set(writer, a.family, a.name, a.device), null, "setting WireGuard device", name);

    /// <summary>A request of another family that is nothing but its fixed struct.</summary>
    internal void AddRaw(ushort type, byte[] body, string doing) => Write(
        (type, body),
        static (writer, a) =>
        {
            writer.Begin(a.type, Rtnetlink.NLM_F_REQUEST);
            a.body.CopyTo(writer.Append(a.body.Length));
            writer.End();
        },
        doing,
        doing,
        null);

    /// <summary>Those requests that ask for a setting which kernels before some version take and ignore.</summary>
    internal IReadOnlyList<int> ThatMayBeIgnored => _mayBeIgnored;

    /// <summary>What a request is about, and the device it is for.</summary>
    internal (object Subject, int Index) SubjectOf(int request) => (_requests[request].Subject!, _requests[request].Index);

    /// <summary>The exception for a request that was refused.</summary>
    internal NetlinkException Refused(int index, int errno, string? extendedAck, string? advice = null)
    {
        var request = _requests[index];
        var type = MemoryMarshal.Read<ushort>(_writer.Bytes[(request.Start + 4)..]);
        advice ??= NetlinkAdvice.For(type, request.Subject, errno, extendedAck);
        return new NetlinkException(request.Describe(type, _writer.Bytes[(request.Start + MessageWriter.HeaderSize)..End(index)]), errno,
            extendedAck, advice, index);
    }

    // Subjects are kept as they are and turned into words only when a request fails.
    private void Remember(int start, string? doing, string verb, object? subject, int index = 0)
    {
        if (IgnoredSettings.AreIn(subject))
        {
            _mayBeIgnored.Add(_requests.Count);
        }

        _requests.Add(new Request(start, doing, verb, subject, index));
    }

    /// <summary>Undoes a half-written request, so that an argument that was refused leaves the batch as it was.</summary>
    private void Write<T>(T argument, Action<MessageWriter, T> write, string? doing, string verb, object? subject, int index = 0)
    {
        var start = _writer.Length;
        try
        {
            write(_writer, argument);
        }
        catch
        {
            _writer.Rewind(start);
            throw;
        }

        Remember(start, doing, verb, subject, index);
    }

    private readonly record struct Request(int Start, string? Doing, string Verb, object? Subject, int Index)
    {
        public string Describe(ushort type, ReadOnlySpan<byte> payload)
        {
            if (Doing is not null)
            {
                return Doing;
            }

            var subject = Subject switch
            {
                null => "",
                IPAddress address when type is Rtnetlink.RTM_NEWADDR or Rtnetlink.RTM_DELADDR => $" {address}/{AddressMessages.Read(payload).PrefixLength}",
                IDescribed described => " " + described.Describe(),
                _ => " " + Subject,
            };
            return Verb + subject + (Index == 0 ? "" : $" on interface {Index}");
        }
    }
}
