using System.Reflection;
using NetLab.Testing;
using Xunit.Sdk;

namespace NetLab.Xunit;

/// <summary>
/// The lab tests of this assembly run in a container where this process may not build labs and Docker or Podman answers: all in one, each reported as it
/// ends, with its output, time, failure or skip, and bundles come out to this machine. The other tests run here. Where this process may build labs, all do.
/// </summary>
/// <remarks>
/// The container is privileged and has no network. It sees the sources and the build output at the same paths, to read alone. <c>NETLAB_IMAGE</c> names
/// another image, <c>NETLAB_ENGINE</c> another program of an engine.
/// </remarks>
/// <example><code>[assembly: LabTestsInContainer]</code></example>
[AttributeUsage(AttributeTargets.Assembly)]
[TestFrameworkDiscoverer("NetLab.Xunit.Containers.ContainerFrameworkDiscoverer", "NetLab.Xunit")]
public sealed class LabTestsInContainerAttribute : Attribute, ITestFrameworkAttribute
{
    /// <summary>
    /// An image with the .NET runtime of the tests and the programs that they use; <c>netlab-run</c>, which <c>docker/netlab</c> makes, where this is null.
    /// </summary>
    public string? Image { get; set; }

    internal static string? ImageOf(Assembly assembly) => assembly.GetCustomAttribute<LabTestsInContainerAttribute>()?.Image;

    /// <summary>Before tests are found, which asks what is missing here.</summary>
    internal static void Ask() => Elsewhere.Ask();
}
