using PluginLens.Tests.Shared;

namespace PluginLens.Hub.Tests;

/// <summary>The cache is the one that the usual clients share: they find what lies there, and so does this one.</summary>
public sealed class CacheTests
{
    [Test]
    public void Fetch_WritesTheLayoutOfTheUsualClients()
    {
        using var world = new World();
        var weights = world.CommitCheckpoint();

        var fetched = world.Fetch();

        Assert.That(fetched.Path, Is.EqualTo(world.At("snapshots", fetched.Commit)));
        Assert.That(File.ReadAllText(world.At("refs", "main")), Is.EqualTo(fetched.Commit));
        Assert.That(Directory.GetFiles(world.At("blobs")).Select(Path.GetFileName), Is.EquivalentTo([world.Repository.Id("{}"u8.ToArray()), world.Repository.Id("{ }"u8.ToArray()), world.Repository.Id(weights)]));
        if (!OperatingSystem.IsWindows())
        {
            Assert.That(new FileInfo(Path.Combine(fetched.Path, "model.safetensors")).LinkTarget, Is.EqualTo($"../../blobs/{world.Repository.Id(weights)}"));
        }
    }

    [Test]
    public void Fetch_OfWhatIsThere_AsksForTheCommitAlone()
    {
        using var world = new World();
        world.CommitCheckpoint();
        world.Fetch();
        var before = world.Hub.Requests.Count;

        world.Fetch();

        Assert.That(world.Hub.Requests.Skip(before).Select(request => request.Path), Is.EqualTo(["/api/models/org/model/revision/main?blobs=true"]));
    }

    [Test]
    public void Fetch_TakesWhatAnotherClientPutThere()
    {
        using var world = new World();
        var weights = world.CommitCheckpoint();
        var snapshot = world.At("snapshots", world.Repository.References["main"]);
        Directory.CreateDirectory(snapshot);
        File.WriteAllBytes(Path.Combine(snapshot, "model.safetensors"), weights);
        Directory.CreateDirectory(world.At("blobs"));
        File.WriteAllText(world.At("blobs", world.Repository.Id("{}"u8.ToArray())), "{}");

        var fetched = world.Fetch();

        Assert.That(world.Hub.Requests.Where(request => request.IsForContent).Select(request => request.Path.Split('/')[^1]), Is.EqualTo(["tokenizer.json"]));
        Assert.That(File.ReadAllText(Path.Combine(fetched.Path, "config.json")), Is.EqualTo("{}"));
    }

    [Test]
    public void Fetch_FileThatIsTooShortInTheCache_IsFetchedAgain()
    {
        using var world = new World();
        var weights = world.CommitCheckpoint();
        var blob = world.At("blobs", world.Repository.Id(weights));
        world.Fetch();
        File.WriteAllBytes(blob, weights[..4000]);

        var fetched = world.Fetch();

        Assert.That(File.ReadAllBytes(Path.Combine(fetched.Path, "model.safetensors")), Is.EqualTo(weights));
    }

    [Test]
    public void Fetch_NextCommit_KeepsTheContentsThatAreTheSame()
    {
        using var world = new World();
        world.CommitCheckpoint();
        world.Fetch();
        var before = world.Hub.Requests.Count;
        var weights = world.CommitCheckpoint(seed: 2);

        var fetched = world.Fetch();

        Assert.That(world.Hub.Requests.Skip(before).Where(request => request.IsForContent).Select(request => request.Path), Is.EqualTo([$"/storage/{world.Repository.Id(weights)}"]));
        Assert.That(Directory.GetFiles(fetched.Path), Has.Length.EqualTo(3));
        Assert.That(Directory.GetDirectories(world.At("snapshots")), Has.Length.EqualTo(2));
    }

    [Test]
    public void Fetch_WithoutLinks_PutsTheContentsThemselvesThere()
    {
        using var world = new World();
        var weights = world.CommitCheckpoint();
        world.Settings = world.Settings with { MakesLinks = false };

        var fetched = world.Fetch();

        Assert.That(Directory.GetFiles(fetched.Path).Select(file => new FileInfo(file).LinkTarget), Is.All.Null);
        Assert.That(File.ReadAllBytes(Path.Combine(fetched.Path, "model.safetensors")), Is.EqualTo(weights));
        Assert.That(Directory.GetFiles(world.At("blobs")), Is.Empty, "nothing lies there twice");

        var before = world.Hub.Requests.Count;
        world.Fetch();
        Assert.That(world.Hub.Requests, Has.Count.EqualTo(before + 1));
    }

    [Test]
    public void Fetch_WithoutLinks_CopiesWhatOthersLinkTo()
    {
        using var world = new World();
        var weights = world.CommitCheckpoint();
        var first = world.Fetch();
        world.Repository.Commit(("config.json", "{}"u8.ToArray()), ("model.safetensors", weights));
        world.Settings = world.Settings with { MakesLinks = false };

        var second = world.Fetch();

        Assert.That(File.ReadAllBytes(Path.Combine(first.Path, "model.safetensors")), Is.EqualTo(weights));
        Assert.That(File.ReadAllBytes(Path.Combine(second.Path, "model.safetensors")), Is.EqualTo(weights));
    }

    [Test]
    public void Fetch_Offline_TakesTheCacheAndAsksNobody()
    {
        using var world = new World();
        world.CommitCheckpoint();
        world.Repository.References["v1"] = world.Repository.References["main"];
        var online = world.Fetch(revision: "v1");
        var before = world.Hub.Requests.Count;
        world.Settings = world.Settings with { OfflineBy = "HF_HUB_OFFLINE" };

        Assert.That(world.Fetch(revision: "v1"), Is.EqualTo(online));
        Assert.That(world.Fetch(revision: online.Commit), Is.EqualTo(online));
        Assert.That(() => world.Fetch(), Throws.TypeOf<ModelException>().With.Message.Contains("has no 'org/model' at main, and HF_HUB_OFFLINE forbids to fetch it"));
        Assert.That(world.Hub.Requests, Has.Count.EqualTo(before));
    }

    [Test]
    public void Fetch_ThatFails_LeavesTheRevisionWhatItWas()
    {
        using var world = new World();
        world.CommitCheckpoint();
        var first = world.Fetch();
        world.CommitCheckpoint(seed: 2);
        world.Hub.Fault = request => request.IsForContent ? FakeAnswer.Text(500, "oh") : null;
        Assert.That(() => world.Fetch(), Throws.TypeOf<TransferException>());
        world.Settings = world.Settings with { OfflineBy = "HF_HUB_OFFLINE" };

        Assert.That(world.Fetch(), Is.EqualTo(first));
    }

    [Test]
    public void Fetch_OfflineWithAPartOfTheModel_NamesWhatIsLacking()
    {
        using var world = new World();
        world.Repository.Commit(("config.json", "{}"u8.ToArray()), ("model.safetensors.index.json", """{"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}"""u8.ToArray()), ("model-1.safetensors", World.Bytes(2000)), ("model-2.safetensors", World.Bytes(2000, 2)));
        var fetched = world.Fetch();
        Assert.That(Directory.GetFiles(fetched.Path), Has.Length.EqualTo(4));
        File.Delete(Path.Combine(fetched.Path, "model-2.safetensors"));
        world.Settings = world.Settings with { OfflineBy = "TRANSFORMERS_OFFLINE" };

        Assert.That(() => world.Fetch(), Throws.TypeOf<ModelException>().With.Message.Contains("without 'model-2.safetensors', and TRANSFORMERS_OFFLINE forbids"));
    }
}
