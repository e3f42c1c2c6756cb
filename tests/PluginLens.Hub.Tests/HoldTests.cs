namespace PluginLens.Hub.Tests;

/// <summary>One process fetches a content; what dead ones leave is taken up.</summary>
public sealed class HoldTests
{
    [Test]
    public async Task Fetch_TwoAtOnce_FetchTheContentOnce()
    {
        using var world = new World();
        var weights = world.CommitCheckpoint(50_000);
        var (second, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        world.Hub.Fault = request => request.Path.StartsWith("/storage/", StringComparison.Ordinal) ? new(200, weights) { CutAfter = 20_000, Hold = go.Task } : null;
        var started = new TaskCompletionSource();
        world.Reports.OnReport = progress =>
        {
            if (progress.What.StartsWith("model.safetensors,", StringComparison.Ordinal))
            {
                started.TrySetResult();
            }
        };

        var one = Task.Run(() => world.Fetch());
        await started.Task;
        world.Machine = world.Machine with
        {
            // The second has seen that the first holds the part; only now the first's connection breaks, and it goes on.
            Delay = async (_, cancellation) =>
            {
                world.Hub.Fault = _ => null;
                go.TrySetResult();
                second.TrySetResult();
                await Task.Yield();
            },
        };
        var other = Task.Run(() => world.Fetch());
        await second.Task;

        Assert.That(await other, Is.EqualTo(await one));
        Assert.That(world.ContentRequests(weights), Is.EqualTo([0, 20_000]));
        Assert.That(world.Reports.All.Select(progress => progress.What), Has.Some.Contains("waiting for another process"));
        Assert.That(File.ReadAllBytes(world.At("blobs", world.Repository.Id(weights))), Is.EqualTo(weights));
        Assert.That(world.Parts, Is.Empty);
    }

    [Test]
    public void Fetch_GoesOnWithWhatAnotherMachineLeft()
    {
        using var world = new World();
        var weights = world.CommitCheckpoint(50_000);
        Directory.CreateDirectory(world.At("blobs"));
        File.WriteAllBytes($"{world.At("blobs", world.Repository.Id(weights))}.11111111.part", weights[..30_000]);
        File.SetLastWriteTimeUtc(world.Parts.Single(), DateTime.UtcNow.AddHours(-1));

        var fetched = world.Fetch();

        Assert.That(world.ContentRequests(weights), Is.EqualTo([30_000]));
        Assert.That(File.ReadAllBytes(Path.Combine(fetched.Path, "model.safetensors")), Is.EqualTo(weights));
        Assert.That(world.Parts, Is.Empty);
    }

    [Test]
    public void TryHold_OfWhatIsHeld_IsNull()
    {
        using var world = new World();
        var blob = world.At("blobs", new string('a', 64));

        using (PartFile.TryHold(blob))
        {
            Assert.That(PartFile.TryHold(blob), Is.Null);
        }

        using var again = PartFile.TryHold(blob);
        Assert.That(again, Is.Not.Null);
    }

    [Test]
    public void TakeUp_OfWhatOthersLeft_CopiesTheMostOfIt_AndRemovesIt()
    {
        using var world = new World();
        var blob = world.At("blobs", new string('a', 64));
        Directory.CreateDirectory(world.At("blobs"));
        Leave($"{blob}.11111111.part", 100, TimeSpan.FromHours(2));
        Leave($"{blob}.22222222.part", 300, TimeSpan.FromHours(1));
        Leave($"{blob}.33333333.part", 900, TimeSpan.FromMinutes(1));
        Leave(world.At("blobs", new string('b', 64) + ".11111111.part"), 50, TimeSpan.FromHours(2));

        using var part = PartFile.TryHold(blob)!;
        part.TakeUp(blob);

        Assert.That(part.Stream.Length, Is.EqualTo(300), "what was written to a minute ago may still be");
        Assert.That(world.Parts.Select(path => Path.GetFileName(path)[..5]), Is.EquivalentTo(["aaaaa", "aaaaa", "bbbbb"]));
        Assert.That(File.Exists($"{blob}.33333333.part"), Is.True);
    }

    [Test]
    public void TakeUp_LeavesWhatALivingProcessHolds()
    {
        using var world = new World();
        var blob = world.At("blobs", new string('a', 64));
        Directory.CreateDirectory(world.At("blobs"));
        Leave($"{blob}.11111111.part", 100, TimeSpan.FromHours(2));
        using var held = new FileStream($"{blob}.11111111.part", FileMode.Open, FileAccess.ReadWrite, FileShare.None);

        using var part = PartFile.TryHold(blob)!;
        part.TakeUp(blob);

        Assert.That(part.Stream.Length, Is.Zero);
        Assert.That(File.Exists($"{blob}.11111111.part"), Is.True);
    }

    private static void Leave(string path, int length, TimeSpan age)
    {
        File.WriteAllBytes(path, new byte[length]);
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow - age);
    }
}
