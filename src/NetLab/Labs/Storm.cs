using NetLab.Packets;

namespace NetLab;

/// <summary>A frame that went round and round in a loop of switches, and that the lab has stopped by closing one port on the loop.</summary>
/// <param name="Port">The port that was closed: of a Linux bridge it is disabled now; of an Open vSwitch bridge its device is down.</param>
/// <param name="Frame">The frame, as it was last seen.</param>
/// <param name="Times">How often it passed the port in what was looked at.</param>
/// <param name="Within">In what time.</param>
/// <param name="Ports">All ports that it passed again and again, with how often.</param>
public sealed partial record Storm(Device Port, Frame Frame, int Times, TimeSpan Within, IReadOnlyDictionary<Device, int> Ports);
