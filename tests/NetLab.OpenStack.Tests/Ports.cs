namespace NetLab.OpenStack.Tests;

/// <summary>Identifiers of ports, as Neutron gives them.</summary>
internal static class Ports
{
    public const string First = "0c1383d0-c894-4a4e-8b2e-2c6f3f3c1d01", Second = "4a1b5e21-77f0-4f6b-9d10-8f5d0f9e7a02",
        Third = "9c2d7f66-1b1e-45a5-b7a4-0d1d6f2b9c03";

    public static string[] All { get; } = [First, Second, Third];
}
