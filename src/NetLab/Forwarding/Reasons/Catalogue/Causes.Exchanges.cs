namespace NetLab;

// Why a question gets no answer where no frame of it was dropped, or why it could not be sent at all.
public static partial class Causes
{
    /// <summary>The address is on a port of a bridge: the bridge takes what comes in there, and the address hears no answer to its ARP requests.</summary>
    public static Cause AddressOnPort { get; } = OfExchanges("address-on-port",
        "The address is on a port of a bridge: the bridge takes what comes in there, and the address hears no answer to its ARP requests.",
        "the answer came in by the bridge's own device, and the address is on the port",
        "move the address from the port to the bridge");

    /// <summary>Two have the same address, and who answered is not the one who was meant.</summary>
    public static Cause AddressTwice { get; } = OfExchanges("address-twice",
        "Two have the same address, and who answered is not the one who was meant.",
        "both addresses, and who took the request",
        "give one of them another address");

    /// <summary>The node that gave the request an address of its own as source took the answer for itself.</summary>
    public static Cause AnswerKept { get; } = OfExchanges("answer-kept",
        "The node that gave the request an address of its own as source took the answer for itself: it does not know the connection.",
        "the request as it left the node, and the answer, which came to it and left it by no device",
        "let the node track the answers too: no notrack, and the same zone for both ways");

    /// <summary>The answer did not come back by the node that gave the request another destination, and comes from an address that nobody asked.</summary>
    public static Cause AnswerPast { get; } = OfExchanges("answer-past",
        "The answer did not come back by the node that gave the request another destination, and comes from an address that nobody asked.",
        "the addresses of the request and of the answer, and the ways of both",
        "translate the source of such requests too (masquerade), or let the answer go back by that node");

    /// <summary>A program sends to all, and has not asked its socket to.</summary>
    public static Cause BroadcastRefused { get; } = OfExchanges("broadcast-refused",
        "The destination is a broadcast address, and the program's socket has not asked to send to all.",
        "the kernel refuses with EACCES, and the route is of type broadcast",
        "ask for one host, or let the program set SO_BROADCAST");

    /// <summary>A node asks for an address that nobody in the lab has.</summary>
    public static Cause NobodyHasAddress { get; } = OfExchanges("nobody-has-address",
        "A node asks for an address that nobody in the lab has.",
        "the addresses of all nodes and VMs, and the neighbour entry",
        "use an address that somebody has");

    /// <summary>A prefix length is wrong: one end takes the other for a neighbour, or the other way round.</summary>
    public static Cause WrongMask { get; } = OfExchanges("wrong-mask",
        "A prefix length is wrong: one end takes the other for a neighbour that it is not, or does not take it for the neighbour that it is.",
        "the addresses of both ends, and whether they are on one link",
        "give both ends of a link the same prefix length");

    /// <summary>The fake VM got it and has no way back: no network and no route of its own has the asker, and it has no gateway.</summary>
    public static Cause GuestNoRoute { get; } = OfExchanges("guest-no-route",
        "The fake VM got it and has no way back: no network and no route of its own has the asker, and it has no gateway.",
        "the VM's addresses, its routes and its gateway",
        "give the VM a gateway, or a route");

    /// <summary>The fake VM is described so that it does not answer.</summary>
    public static Cause GuestSilent { get; } = OfExchanges("guest-silent",
        "The fake VM is described so that it does not answer.",
        "AnswersArp or AnswersPing is off",
        "let it answer");

    private static Cause OfExchanges(string word, string meaning, string confirmedBy, string advice) =>
        new(word, "Exchanges", meaning, confirmedBy, advice);
}
