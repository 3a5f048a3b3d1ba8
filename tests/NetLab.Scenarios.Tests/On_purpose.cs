using NetLab.Xunit;

namespace NetLab.Scenarios.Tests;

/// <summary>What is mostly a mistake, and may be meant.</summary>
public sealed class On_purpose
{
    private const string TwoWithOneAddress = """
        name: two hosts with one address
        lab:
          nodes:
            sw: { bridges: { br0: { ports: [p1, p2, p3] } } }
            h1: { devices: { eth0: { addresses: 10.0.0.1/24 } } }
            h2: { devices: { eth0: { addresses: 10.0.0.2/24 } } }
            h3: { devices: { eth0: { addresses: 10.0.0.2/24 } } }
          links: ['h1:eth0 -- sw:p1', 'h2:eth0 -- sw:p2', 'h3:eth0 -- sw:p3']
        steps:
          - ping: h1 -> 10.0.0.2
        """;

    [LabFact]
    public async Task Two_hosts_have_one_address_where_one_of_them_says_so()
    {
        Assert.Contains("or say 'duplicate: on' where it is meant", Assert.Throws<ScenarioException>(() => ScenarioDocument.Parse(TwoWithOneAddress)).Message);

        var meant = TwoWithOneAddress.Replace("h3: { devices: { eth0: { ", "h3: { devices: { eth0: { duplicate: on, ", StringComparison.Ordinal);
        var play = await Play.TextAsync(meant + """

              - exec: { node: h2, run: ip -br address, contains: 10.0.0.2/24 }
              - exec: { node: h3, run: ip -br address, contains: 10.0.0.2/24 }
            """);

        Assert.True(play.Succeeded, play.ToString());
    }

    [Fact]
    public void Two_VMs_have_one_MAC_and_one_address_where_one_of_them_says_so()
    {
        const string Twins = """
            name: twins
            lab:
              nodes:
                sw:
                  bridges: { br0: {} }
                  vms:
                    a: { bridge: br0, mac: 'fa:16:3e:00:00:01', addresses: 10.0.0.1/24 }
                    b: { bridge: br0, mac: 'fa:16:3e:00:00:01', addresses: 10.0.0.1/24, duplicate: on }
            """;

        ScenarioRun.Describe(ScenarioDocument.Parse(Twins)).Lab.Validate();
        Assert.Equal(2, Assert.Throws<ScenarioException>(() => ScenarioDocument.Parse(Twins.Replace(", duplicate: on", "", StringComparison.Ordinal)))
            .Diagnostics.Count);
    }

    [Fact]
    public void A_router_has_one_link_local_address_on_each_of_its_links() => ScenarioRun.Describe(ScenarioDocument.Parse("""
        name: fe80::1
        lab:
          nodes:
            router: { devices: { eth0: { addresses: 'fe80::1/64' }, eth1: { addresses: 'fe80::1/64' } } }
            h1: { devices: { eth0: { addresses: 'fe80::2/64' } } }
            h2: { devices: { eth0: { addresses: 'fe80::2/64' } } }
          links: ['router:eth0 -- h1:eth0', 'router:eth1 -- h2:eth0']
        """)).Lab.Validate();

    [Fact]
    public void A_bridge_takes_1023_ports_and_no_more()
    {
        static string Ports(int count) => $$"""
            name: many ports
            lab:
              nodes:
                sw:
                  devices: { {{string.Join(", ", Enumerable.Range(1, count).Select(i => $"t{i}: {{ type: tap }}"))}} }
                  bridges: { br0: { ports: [{{string.Join(", ", Enumerable.Range(1, count).Select(i => $"t{i}"))}}] } }
            """;

        ScenarioDocument.Parse(Ports(1023));
        Assert.Contains("'t1024' is port 1024 of 'br0', and a Linux bridge has at most 1023",
            Assert.Throws<ScenarioException>(() => ScenarioDocument.Parse(Ports(1024))).Message);
    }
}
