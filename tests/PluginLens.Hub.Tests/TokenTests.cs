using PluginLens.Tests.Shared;

namespace PluginLens.Hub.Tests;

/// <summary>The token goes to the endpoint and to nobody else.</summary>
public sealed class TokenTests
{
    [TestCase(true)]
    [TestCase(false)]
    public void Fetch_SendsTheTokenToTheEndpointAlone(bool listsIds)
    {
        using var world = new World(listsIds);
        using var storage = new FakeHub(world.Repository);
        world.CommitCheckpoint();
        world.Hub.Storage = storage.Address;
        world.Settings = world.Settings with { Token = "hf_secret", TokenSource = "HF_TOKEN" };

        world.Fetch();

        Assert.That(world.Hub.Requests.Select(request => request.Headers.GetValueOrDefault("Authorization")), Is.All.EqualTo("Bearer hf_secret"));
        Assert.That(world.Hub.Requests.Select(request => request.Path), Has.Some.StartsWith("/api/resolve-cache/"), "a redirect that stays has it too");
        Assert.That(storage.Requests, Has.Count.EqualTo(1));
        Assert.That(storage.Requests[0].Headers.Values, Has.None.Contains("secret"));
        Assert.That(storage.Requests[0].Target, Does.Not.Contain("secret"));
    }

    [Test]
    public void Fetch_RedirectAwayAndBack_SendsItNowhereElse()
    {
        using var world = new World();
        using var other = new FakeHub(world.Repository);
        world.CommitCheckpoint();
        other.Fault = request => FakeAnswer.Text(302, "", ("Location", $"{world.Hub.Address}{request.Path[1..]}"));
        world.Hub.Storage = other.Address;
        world.Settings = world.Settings with { Token = "hf_secret", TokenSource = "HF_TOKEN" };

        world.Fetch();

        Assert.That(other.Requests.SelectMany(request => request.Headers.Values), Has.None.Contains("secret"));
    }

    [Test]
    public void Fetch_WithoutAToken_SendsNone()
    {
        using var world = new World();
        world.CommitCheckpoint();

        world.Fetch();

        Assert.That(world.Hub.Requests.Select(request => request.Headers.ContainsKey("Authorization")), Is.All.False);
        Assert.That(world.Hub.Requests.Select(request => request.Headers["Accept-Encoding"]), Is.All.EqualTo("identity"));
        Assert.That(world.Hub.Requests.Select(request => request.Headers["User-Agent"]), Is.All.StartsWith("pluginlens/"));
    }
}
