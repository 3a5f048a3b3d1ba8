namespace NetLab.Linux.Netlink;

/// <summary>Something that can say in a few words what it is, for the message of an exception. Asked only when something went wrong.</summary>
internal interface IDescribed
{
    string Describe();
}
