using System.Net;
using System.Net.Sockets;

namespace PluginLens.Explore.Tests;

/// <summary>Who is answered: the page that was opened with the printed address, and nobody else.</summary>
public sealed class GuardTests
{
    private static readonly string[] Paths = ["/api/choices", "/api/verdicts?model=tiny-gpt2", "/api/analysis?id=logit-lens", "/api/runs?id=1", "/api/diff?id=1&id=1"];
    private static readonly string[] Actions = ["/api/run", "/api/stop", "/api/keep"];
    private Explorer _explorer = null!;

    [OneTimeSetUp]
    public void Start() => _explorer = new Explorer();

    [OneTimeTearDown]
    public void Stop() => _explorer.Dispose();

    [Test]
    public async Task Page_HasAPolicyThatAllowsItsOwnScriptsAlone_AndIsNotKept()
    {
        using var answer = await _explorer.Client.GetAsync(_explorer.Address);
        string Header(string name) => string.Join(",", answer.Headers.GetValues(name));

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(Header("Content-Security-Policy"), Does.StartWith("default-src 'none'; script-src 'sha256-").And.Contain("connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'").And.Not.Contain("unsafe"));
        Assert.That((Header("Cache-Control"), Header("X-Content-Type-Options"), Header("Referrer-Policy")), Is.EqualTo(("no-store", "nosniff", "no-referrer")));
        Assert.That(answer.Headers.Contains("Server"), Is.False);
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain("class Explorer").And.Not.Contain(_explorer.Token));
    }

    [TestCaseSource(nameof(Paths))]
    public async Task Data_IsForWhoHasTheToken(string path)
    {
        Assert.That((await Ask(path, token: null)).Status, Is.EqualTo(403));
        Assert.That((await Ask(path, token: new string('0', 64))).Status, Is.EqualTo(403));
        Assert.That((await Ask(path, _explorer.Token)).Status, Is.Not.EqualTo(403));

        // In the address it opens the page, and nothing else.
        Assert.That((await Ask($"{path}{(path.Contains('?') ? '&' : '?')}token={_explorer.Token}", token: null)).Status, Is.EqualTo(403));
    }

    [TestCaseSource(nameof(Actions))]
    public async Task Action_IsForWhoHasTheToken(string path)
    {
        Assert.That((await Ask(path, token: null, method: HttpMethod.Post)).Status, Is.EqualTo(403));
        Assert.That((await Ask(path, token: "", method: HttpMethod.Post)).Status, Is.EqualTo(403));
        Assert.That((await Ask(path, token: _explorer.Token[..^1], method: HttpMethod.Post)).Status, Is.EqualTo(403));
    }

    [TestCase("/")]
    [TestCase("/?token=")]
    [TestCase("/?token=wrong")]
    public async Task Page_WithoutTheToken_IsRefusedInALine(string path)
    {
        var (status, text) = await Ask(path, token: null);

        Assert.That((status, text), Is.EqualTo((403, "The token is lacking or another one: open the address that 'pluginlens explore' printed.\n")));
    }

    [TestCase("evil.example")]
    [TestCase("evil.example:{port}")]
    [TestCase("127.0.0.1.evil.example:{port}")]
    [TestCase("0.0.0.0:{port}")]
    [TestCase("[::1]:{port}")]
    public async Task OtherHost_IsRefused_WhateverItKnows(string host)
    {
        var name = host.Replace("{port}", new Uri(_explorer.Site).Port.ToString(System.Globalization.CultureInfo.InvariantCulture));

        Assert.That((await Ask("/api/choices", _explorer.Token, host: name)).Status, Is.EqualTo(403));
        Assert.That((await Ask($"/?token={_explorer.Token}", token: null, host: name)).Status, Is.EqualTo(403));
    }

    [TestCase("127.0.0.1:9000")]
    [TestCase("localhost:9000")]
    public async Task OtherPort_OfATunnel_IsAnswered(string host) => Assert.That((await Ask("/api/choices", _explorer.Token, host: host, origin: $"http://{host}")).Status, Is.EqualTo(200));

    [TestCase("http://evil.example")]
    [TestCase("null")]
    [TestCase("http://127.0.0.1:1")]
    [TestCase("https://127.0.0.1:{port}")]
    public async Task OtherOrigin_IsRefused_WhateverItKnows(string origin)
    {
        var name = origin.Replace("{port}", new Uri(_explorer.Site).Port.ToString(System.Globalization.CultureInfo.InvariantCulture));

        Assert.That((await Ask("/api/choices", _explorer.Token, origin: name)).Status, Is.EqualTo(403));
        Assert.That((await Ask("/api/run", _explorer.Token, origin: name, method: HttpMethod.Post)).Status, Is.EqualTo(403));
        Assert.That((await Ask("/api/run", token: null, origin: name, method: HttpMethod.Options)).Status, Is.EqualTo(403));
    }

    [TestCase("/..%2f..%2f..%2fetc/passwd")]
    [TestCase("/%2e%2e/%2e%2e/etc/passwd")]
    [TestCase("/..\\..\\etc\\passwd")]
    [TestCase("//etc/passwd")]
    [TestCase("/api/..%2f..%2f/etc/passwd")]
    [TestCase("/explore.js")]
    public async Task Paths_LeadToNoFile(string path)
    {
        Assert.That((await Raw(path, _explorer.Token)), Does.Match(@"\AHTTP/1.1 40[04] ").And.Not.Contain("root:"));
        Assert.That((await Raw(path, "none")), Does.Match(@"\AHTTP/1.1 40[03] ").And.Not.Contain("root:"));
    }

    [Test]
    public void OtherAddresses_OfTheMachine_AreNotListenedAt()
    {
        using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);

        Assert.That(() => socket.Connect(IPAddress.IPv6Loopback, new Uri(_explorer.Site).Port), Throws.InstanceOf<SocketException>());
    }

    private async Task<(int Status, string Text)> Ask(string path, string? token, string? host = null, string? origin = null, HttpMethod? method = null)
    {
        using var client = new HttpClient { BaseAddress = new Uri(_explorer.Site) };
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, path);
        request.Headers.Host = host;
        foreach (var (name, value) in new[] { ("X-PluginLens-Token", token), ("Origin", origin) }.Where(header => header.Item2 is not null))
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var answer = await client.SendAsync(request);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>A request with a path that a client would put right.</summary>
    private async Task<string> Raw(string path, string token)
    {
        var site = new Uri(_explorer.Site);
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, site.Port);
        await using var stream = client.GetStream();
        await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: {site.Authority}\r\nX-PluginLens-Token: {token}\r\nConnection: close\r\n\r\n"));
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }
}
