using PluginLens.Tests.Shared;

namespace PluginLens.Hub.Tests;

/// <summary>Files come whole or not at all, however the way to the hub fails.</summary>
public sealed class DownloadTests
{
    [Test]
    public void Fetch_Checkpoint_TakesWhatAnExportReads_AndNothingElse()
    {
        using var world = new World();
        var weights = world.CommitCheckpoint();

        var fetched = world.Fetch();

        Assert.That(fetched.Kind, Is.EqualTo(ModelKind.Checkpoint));
        Assert.That(fetched.Source, Is.EqualTo($"org/model@{world.Repository.References["main"]}"));
        Assert.That(Directory.GetFiles(fetched.Path).Select(Path.GetFileName), Is.EquivalentTo(["config.json", "tokenizer.json", "model.safetensors"]));
        Assert.That(File.ReadAllBytes(Path.Combine(fetched.Path, "model.safetensors")), Is.EqualTo(weights));
        Assert.That(world.Parts, Is.Empty);
        var last = world.Reports.All.Last();
        Assert.That((last.Done, last.Total), Is.EqualTo((5005.0, 5005.0)));
        Assert.That(last.What, Does.StartWith("model.safetensors").And.EndWith("5.0 kB of 5.0 kB"));
    }

    [Test]
    public void Fetch_BrokenConnection_GoesOnWhereItBroke()
    {
        using var world = new World();
        var weights = world.CommitCheckpoint(500_000);
        var cuts = new Queue<int>([200_000, 100_000]);
        world.Hub.Fault = request => request.Path.StartsWith("/storage/", StringComparison.Ordinal) && cuts.TryDequeue(out var cut)
            ? world.Repository.Answer(request, world.Hub.Address) with { CutAfter = cut } : null;

        var fetched = world.Fetch();

        Assert.That(world.ContentRequests(weights), Is.EqualTo([0, 200_000, 300_000]));
        Assert.That(world.Waits, Is.EqualTo([TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1)]), "what came in between makes each failure a first one");
        Assert.That(File.ReadAllBytes(Path.Combine(fetched.Path, "model.safetensors")), Is.EqualTo(weights));
    }

    [Test]
    public void Fetch_ConnectionThatBreaksAgainAndAgain_KeepsWhatCame_AndTheNextGoesOn()
    {
        using var world = new World();
        var weights = world.CommitCheckpoint(500_000);
        world.Hub.Fault = request => !request.Path.StartsWith("/storage/", StringComparison.Ordinal) ? null
            : request.From is null ? world.Repository.Answer(request, world.Hub.Address) with { CutAfter = 200_000 } : FakeAnswer.Text(503, "busy");

        var error = Assert.Throws<TransferException>(() => world.Fetch());

        Assert.That(error!.Message, Does.Contain("503"));
        Assert.That(world.Waits.Select(wait => wait.TotalSeconds), Is.EqualTo([1.0, 2, 4, 8, 16]));
        Assert.That(new FileInfo(world.Parts.Single()).Length, Is.EqualTo(200_000));
        Assert.That(Directory.Exists(world.At("snapshots")) && Directory.EnumerateFiles(world.At("snapshots"), "model.safetensors", SearchOption.AllDirectories).Any(), Is.False);

        world.Hub.Fault = _ => null;
        var fetched = world.Fetch();

        Assert.That(world.ContentRequests(weights).Last(), Is.EqualTo(200_000));
        Assert.That(File.ReadAllBytes(Path.Combine(fetched.Path, "model.safetensors")), Is.EqualTo(weights));
        Assert.That(world.Parts, Is.Empty);
    }

    [TestCase("200 in place of 206")]
    [TestCase("416")]
    [TestCase("another Content-Range")]
    [TestCase("no Content-Range")]
    [TestCase("a Content-Range of another length")]
    public void Fetch_RangeThatIsNotKept_BeginsAgain(string fault)
    {
        using var world = new World();
        var weights = world.CommitCheckpoint(50_000);
        var isFirst = true;
        world.Hub.Fault = request =>
        {
            if (!request.Path.StartsWith("/storage/", StringComparison.Ordinal))
            {
                return null;
            }

            if (request.From is null)
            {
                var cut = isFirst ? 20_000 : (int?)null;
                isFirst = false;
                return new FakeAnswer(200, weights) { CutAfter = cut };
            }

            var rest = weights[(int)request.From..];
            return fault switch
            {
                "200 in place of 206" => new FakeAnswer(200, weights),
                "416" => new FakeAnswer(416, [], ("Content-Range", "bytes */10")),
                "another Content-Range" => new FakeAnswer(206, weights[10_000..], ("Content-Range", "bytes 10000-49999/50000")),
                "no Content-Range" => new FakeAnswer(206, rest),
                _ => new FakeAnswer(206, rest, ("Content-Range", "bytes 20000-49999/60000")),
            };
        };

        var fetched = world.Fetch();

        Assert.That(world.ContentRequests(weights), Is.EqualTo(fault.StartsWith("200", StringComparison.Ordinal) ? new long[] { 0, 20_000 } : [0, 20_000, 0]));
        Assert.That(File.ReadAllBytes(Path.Combine(fetched.Path, "model.safetensors")), Is.EqualTo(weights));
    }

    [Test]
    public void Fetch_PartThatWasDamaged_BeginsAgainOnce()
    {
        using var world = new World();
        var weights = world.CommitCheckpoint(50_000);
        using (var part = PartFile.TryHold(world.At("blobs", world.Repository.Id(weights)))!)
        {
            part.Stream.Write(new byte[30_000]);
        }

        var fetched = world.Fetch();

        Assert.That(world.ContentRequests(weights), Is.EqualTo([30_000, 0]));
        Assert.That(File.ReadAllBytes(Path.Combine(fetched.Path, "model.safetensors")), Is.EqualTo(weights));
    }

    [Test]
    public void Fetch_PartLongerThanTheFile_BeginsAgain()
    {
        using var world = new World();
        var weights = world.CommitCheckpoint(5_000);
        using (var part = PartFile.TryHold(world.At("blobs", world.Repository.Id(weights)))!)
        {
            part.Stream.Write(new byte[30_000]);
        }

        world.Fetch();

        Assert.That(world.ContentRequests(weights), Is.EqualTo([0]));
    }

    [TestCase("model.safetensors", 5000)]
    [TestCase("config.json", 2)]
    public void Fetch_OtherContentOfThatSize_IsRefused(string path, int size)
    {
        using var world = new World();
        world.CommitCheckpoint();
        world.Hub.Fault = request => request.IsForContent && request.Path.EndsWith(path == "config.json" ? path : world.Repository.Id(World.Bytes(5000)), StringComparison.Ordinal) ? new FakeAnswer(200, new byte[size]) : null;

        var error = Assert.Throws<ModelException>(() => world.Fetch());

        Assert.That(error!.Message, Does.Contain($"'{path}' came with the hash").And.Contain("changed on the way"));
        Assert.That(Directory.EnumerateFiles(world.At(), "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) == path), Is.Empty);
        Assert.That(world.Parts.Select(part => new FileInfo(part).Length), Is.All.Zero);
    }

    [Test]
    public void Fetch_WebPageInPlaceOfAFile_IsRefused_AndThePartKept()
    {
        using var world = new World();
        var weights = world.CommitCheckpoint(50_000);
        using (var part = PartFile.TryHold(world.At("blobs", world.Repository.Id(weights)))!)
        {
            part.Stream.Write(weights.AsSpan(0, 30_000));
        }

        world.Hub.Fault = request => request.Path.StartsWith("/storage/", StringComparison.Ordinal) ? FakeAnswer.Text(200, "<html>Sign in</html>", ("Content-Type", "text/html; charset=utf-8")) : null;
        var error = Assert.Throws<ModelException>(() => world.Fetch());

        Assert.That(error!.Message, Does.Contain("a web page (text/html, 20 B) in place of 'model.safetensors' (50.0 kB)").And.Contain("proxy"));
        Assert.That(new FileInfo(world.Parts.Single()).Length, Is.EqualTo(30_000));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void Fetch_MoreThanIsListed_IsRefused(bool saysLength)
    {
        using var world = new World();
        world.CommitCheckpoint();
        world.Hub.Fault = request => request.Path.StartsWith("/storage/", StringComparison.Ordinal) ? new FakeAnswer(200, new byte[6000]) { SaysLength = saysLength } : null;

        Assert.That(() => world.Fetch(), Throws.TypeOf<ModelException>().With.Message.Contains("in place of 'model.safetensors' (5.0 kB)"));
    }

    [Test]
    public void Fetch_LessThanIsListedWithoutALength_IsABrokenConnection()
    {
        using var world = new World();
        world.CommitCheckpoint();
        world.Hub.Fault = request => request.Path.StartsWith("/storage/", StringComparison.Ordinal) && request.From is null ? new FakeAnswer(200, World.Bytes(5000)[..4000]) { SaysLength = false } : null;

        Assert.That(File.ReadAllBytes(Path.Combine(world.Fetch().Path, "model.safetensors")), Is.EqualTo(World.Bytes(5000)));
    }

    [Test]
    public void Fetch_AskedTooOften_WaitsAsLongAsItIsAskedTo()
    {
        using var world = new World();
        world.CommitCheckpoint();
        var busy = new Queue<FakeAnswer>([FakeAnswer.Text(429, "slowly", ("Retry-After", "7")), FakeAnswer.Text(500, "oh"), FakeAnswer.Text(503, "oh", ("Retry-After", "3"))]);
        world.Hub.Fault = _ => busy.TryDequeue(out var answer) ? answer : null;

        world.Fetch();

        Assert.That(world.Waits.Select(wait => wait.TotalSeconds), Is.EqualTo([7.0, 2, 3]));
    }

    [Test]
    public void Fetch_AskedTooOften_WaitsForTheNextWindow()
    {
        using var world = new World();
        world.CommitCheckpoint();
        var busy = new Queue<FakeAnswer>([FakeAnswer.Text(429, "slowly", ("RateLimit", "\"api\";r=0;t=55"))]);
        world.Hub.Fault = _ => busy.TryDequeue(out var answer) ? answer : null;

        world.Fetch();

        Assert.That(world.Waits.Select(wait => wait.TotalSeconds), Is.EqualTo([56.0]));
    }

    [Test]
    public void Fetch_SizesThatNoFileHas_AreNotSizes()
    {
        using var world = new World();
        world.CommitCheckpoint();
        world.Hub.Fault = request => request.Path.StartsWith("/api/models/", StringComparison.Ordinal)
            ? FakeAnswer.Text(200, System.Text.Encoding.UTF8.GetString(world.Repository.Answer(request, world.Hub.Address).Body).Replace("5000", "9223372036854775807", StringComparison.Ordinal).Replace(":3", ":-3", StringComparison.Ordinal)) : null;

        Assert.That(File.ReadAllBytes(Path.Combine(world.Fetch().Path, "model.safetensors")), Is.EqualTo(World.Bytes(5000)));
        Assert.That(world.Hub.Requests.Count(request => request.Method == "HEAD"), Is.GreaterThanOrEqualTo(2));
    }

    [Test]
    public void Fetch_AskedToWaitLong_SaysSo()
    {
        using var world = new World();
        world.CommitCheckpoint();
        world.Hub.Fault = _ => FakeAnswer.Text(429, "slowly", ("Retry-After", "3000"));

        Assert.That(() => world.Fetch(), Throws.TypeOf<TransferException>().With.Message.Contains("429").And.Message.Contains("in 50 minutes").And.Message.Contains("HF_TOKEN"));
        Assert.That(world.Waits, Is.Empty);
    }

    [Test]
    public void Fetch_ServerThatFallsSilent_IsGivenUpAndAskedAgain()
    {
        using var world = new World();
        var weights = world.CommitCheckpoint(50_000);
        var clock = new ManualTime();
        world.Machine = world.Machine with { Time = clock };
        var isFirst = true;
        world.Hub.Fault = request =>
        {
            if (!request.Path.StartsWith("/storage/", StringComparison.Ordinal) || !isFirst)
            {
                return null;
            }

            isFirst = false;
            return new FakeAnswer(200, weights) { CutAfter = 20_000, Hold = new TaskCompletionSource().Task };
        };
        world.Reports.OnReport = progress =>
        {
            if (progress.Done >= 20_005 && world.ContentRequests(weights).Count() == 1)
            {
                // Behind this piece nothing comes.
                clock.ElapseSoon();
            }
        };

        var fetched = world.Fetch();

        Assert.That(world.ContentRequests(weights), Is.EqualTo([0, 20_000]));
        Assert.That(File.ReadAllBytes(Path.Combine(fetched.Path, "model.safetensors")), Is.EqualTo(weights));
    }

    [Test]
    public void Fetch_BranchThatMovesMeanwhile_StaysWithItsCommit()
    {
        using var world = new World();
        var weights = world.CommitCheckpoint();
        var first = world.Repository.References["main"];
        world.Hub.Fault = request =>
        {
            if (request.Path.EndsWith("config.json", StringComparison.Ordinal))
            {
                world.CommitCheckpoint(seed: 2);
            }

            return null;
        };

        var fetched = world.Fetch();

        Assert.That(world.Repository.References["main"], Is.Not.EqualTo(first));
        Assert.That(fetched.Commit, Is.EqualTo(first));
        Assert.That(File.ReadAllBytes(Path.Combine(fetched.Path, "model.safetensors")), Is.EqualTo(weights));
        Assert.That(world.Hub.Requests.Where(request => request.Path.Contains("/resolve", StringComparison.Ordinal)).Select(request => request.Path), Has.All.Contains(first));
    }

    [Test]
    public void Fetch_Stopped_KeepsThePart()
    {
        using var world = new World();
        var weights = world.CommitCheckpoint(50_000);
        using var stop = new CancellationTokenSource();
        world.Hub.Fault = request => request.Path.StartsWith("/storage/", StringComparison.Ordinal) ? new FakeAnswer(200, weights) { CutAfter = 20_000, Hold = new TaskCompletionSource().Task } : null;
        world.Reports.OnReport = progress =>
        {
            if (progress.Done >= 20_005)
            {
                stop.Cancel();
            }
        };

        var error = Assert.Throws<DownloadStoppedException>(() => world.Fetch(cancellation: stop.Token));

        Assert.That(error!.Message, Does.Contain("the same command goes on"));
        Assert.That(File.ReadAllBytes(world.Parts.Single()), Is.EqualTo(weights[..20_000]));
    }

    [Test]
    public void Fetch_TooLittleSpace_SaysHowMuchIsNeeded_BeforeAnythingComes()
    {
        using var world = new World();
        var weights = world.CommitCheckpoint(50_000);
        world.Machine = world.Machine with { FreeBytes = _ => 1000 };

        Assert.That(() => world.Fetch(), Throws.TypeOf<ModelException>().With.Message.Contains("50.0 kB are still to be fetched, 1.0 kB are free").And.Message.Contains("HF_HUB_CACHE"));
        Assert.That(world.Hub.Requests, Has.Count.EqualTo(1));

        using (var part = PartFile.TryHold(world.At("blobs", world.Repository.Id(weights)))!)
        {
            part.Stream.Write(weights.AsSpan(0, 49_500));
        }

        world.Fetch();

        Assert.That(world.ContentRequests(weights), Is.EqualTo([49_500]), "what is there already needs no room");
    }

    [Test]
    public void Fetch_MirrorThatListsNoHashes_AsksForThem()
    {
        using var world = new World(listsIds: false);
        var weights = world.CommitCheckpoint();

        var fetched = world.Fetch();

        Assert.That(world.Hub.Requests.Count(request => request.Method == "HEAD" && request.Path.Contains("/resolve/", StringComparison.Ordinal)), Is.EqualTo(3));
        Assert.That(world.Hub.Requests.Where(request => request.Method == "HEAD").Select(request => request.Path), Has.None.Contains("/storage/"), "what a file is, the hub says itself");
        Assert.That(File.ReadAllBytes(world.At("blobs", world.Repository.Id(weights))), Is.EqualTo(weights));
        Assert.That(fetched.Kind, Is.EqualTo(ModelKind.Checkpoint));
    }

    [Test]
    public void Fetch_MirrorThatSaysNoHashesAtAll_IsRefused()
    {
        using var world = new World(listsIds: false);
        world.CommitCheckpoint();
        world.Hub.Fault = request => request.Method == "HEAD" ? FakeAnswer.Text(200, "x", ("ETag", "\"1-2\"")) : null;

        Assert.That(() => world.Fetch(), Throws.TypeOf<ModelException>().With.Message.Contains("HF_ENDPOINT"));
    }
}
