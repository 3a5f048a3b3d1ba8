using System.Reflection;
using NetLab.Linux.Netlink;

namespace NetLab.Linux.Tests.Netlink.Encoding;

/// <summary>The requests in <c>Captures/*.txt</c>: what the real iproute2 sends, and what the kernel's headers ask for.</summary>
internal sealed record Captured(string Name, string Command, byte[] Request)
{
    public static IReadOnlyDictionary<string, Captured> All { get; } =
        Read("iproute2-6.1.txt").Concat(Read("header-derived.txt")).ToDictionary(c => c.Name);

    private static IEnumerable<Captured> Read(string resource)
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)!);
        string? name = null;
        string? command = null;
        var request = "";
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('['))
            {
                if (name is not null)
                {
                    yield return new Captured(name, command!, Convert.FromHexString(request));
                }

                (name, command, request) = (line.Trim('[', ']'), null, "");
            }
            else if (name is not null && line.Length > 0)
            {
                (command, request) = command is null ? (line, "") : (command, request + line);
            }
        }

        yield return new Captured(name!, command!, Convert.FromHexString(request));
    }
}

/// <summary>The cases of one test class: for each captured request, how the same is asked for here.</summary>
internal sealed class Cases : Dictionary<string, Action<NetlinkBatch>>
{
    public TheoryData<string> Names => new(Keys);

    /// <summary>The request must be the captured one, byte for byte.</summary>
    public void Check(string name)
    {
        var captured = Captured.All[name];
        var batch = new NetlinkBatch();
        this[name](batch);
        var expected = RateTables.Remove(captured.Request);
        Assert.True(
            expected.AsSpan().SequenceEqual(batch.Bytes),
            $"{captured.Command}\nexpected {Convert.ToHexStringLower(expected)}\nwritten  {Convert.ToHexStringLower(batch.Bytes)}");
    }
}

/// <summary>tc(8) sends tables of 1 kB that no kernel since 3.9 looks at when the link layer is given; they are not written here.</summary>
internal static class RateTables
{
    private const int OptionsBegin = 16 + 20;

    public static byte[] Remove(byte[] request)
    {
        var type = BitConverter.ToUInt16(request, 4);
        if (type is not (36 or 40) || request.Length < 1000)
        {
            return request;
        }

        var kept = new List<byte>(request[..OptionsBegin]);
        foreach (var (kind, attribute) in Split(request[OptionsBegin..]))
        {
            if (kind == 2)
            {
                var inside = Split(attribute[4..]).Where(a => a.Attribute.Length != 1028).SelectMany(a => a.Attribute).ToArray();
                kept.AddRange(BitConverter.GetBytes((ushort)(inside.Length + 4)).Concat(BitConverter.GetBytes(kind)).Concat(inside));
            }
            else
            {
                kept.AddRange(attribute);
            }
        }

        BitConverter.GetBytes(kept.Count).CopyTo(request = [.. kept], 0);
        return request;
    }

    private static IEnumerable<(ushort Kind, byte[] Attribute)> Split(byte[] bytes)
    {
        for (var at = 0; at + 4 <= bytes.Length;)
        {
            var size = (BitConverter.ToUInt16(bytes, at) + 3) & ~3;
            yield return (BitConverter.ToUInt16(bytes, at + 2), bytes[at..(at + size)]);
            at += size;
        }
    }
}
