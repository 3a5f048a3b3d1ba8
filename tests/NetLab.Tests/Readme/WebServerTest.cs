using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using NetLab.Xunit;


namespace NetLab.Tests.Readme;

public class WebServerTest
{
    // README: web server
    [LabFact]
    public async Task A_client_reaches_a_web_server_across_a_bridge()
    {
        await using var lab = new Lab();
        var bridge = lab.AddNode("switch").AddBridge("br0");
        var server = lab.AddHost("server", bridge, "10.0.0.1/24");
        var client = lab.AddHost("client", bridge, "10.0.0.2/24");
        await lab.ApplyAsync();

        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://10.0.0.1:8080").UseSockets(o => o.CreateBoundListenSocket = server.BindTcp);
        await using var app = builder.Build();
        app.MapGet("/", () => "hello from the server's namespace");
        await app.StartAsync();

        using var http = client.CreateHttpClient();
        Assert.Equal("hello from the server's namespace", await http.GetStringAsync("http://server:8080/"));
    }
    // README: end
}
