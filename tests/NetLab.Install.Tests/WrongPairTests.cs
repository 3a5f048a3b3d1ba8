namespace NetLab.Install.Tests;

/// <summary>A lab test under the wrong xunit would be built and never found: it is not built.</summary>
[Collection(nameof(LocalFeed))]
public sealed class WrongPairTests(LocalFeed feed)
{
    [Theory]
    [InlineData("NetLab.Xunit", "xunit.v3.mtp-off", "4.0.2",
        "error NETLAB001: NetLab.Xunit is for xunit 2, and NetLab.Xunit-beside-xunit.v3.mtp-off has xunit v3")]
    [InlineData("NetLab.Xunit.V3", "xunit", "2.9.3", "error NETLAB002: NetLab.Xunit.V3 is for xunit v3, and NetLab.Xunit.V3-beside-xunit has xunit 2")]
    public async Task A_project_with_the_package_for_the_other_xunit_does_not_build_and_says_which_to_take(string package, string xunit,
        string version, string sentence)
    {
        var name = $"{package}-beside-{xunit}";
        var folder = feed.NewProject(name, (name + ".csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <OutputType>Exe</OutputType>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="{package}" Version="{LocalFeed.Version}" />
                <PackageReference Include="{xunit}" Version="{version}" />
              </ItemGroup>
            </Project>
            """), ("Tests.cs", "public sealed class Tests { [NetLab.Xunit.LabFact] public void Test() { } }"));

        (var code, var output) = await feed.RunAsync(folder, "dotnet build");

        Assert.True(code == 1, output);
        Assert.Contains(sentence + ": none of its lab tests would be found. Reference ", output, StringComparison.Ordinal);
    }
}
