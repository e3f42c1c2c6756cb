using PluginLens.Tests.Shared;

namespace PluginLens.Hub.Tests;

/// <summary>Whatever the hub refuses is said in one line, with what to do.</summary>
public sealed class RefusalTests
{
    private static string Refused(World world, Func<FakeRequest, FakeAnswer?> fault, string? revision = null)
    {
        world.CommitCheckpoint();
        world.Hub.Fault = fault;
        var error = Assert.Catch(() => world.Fetch(revision: revision))!;
        Assert.That(error, Is.TypeOf<ModelException>().Or.TypeOf<TransferException>().Or.TypeOf<UsageException>());
        Assert.That(error.Message, Does.Not.Contain('\n').And.Not.Contain("hf_secret"));
        return error.Message;
    }

    private static FakeAnswer? AtFiles(FakeRequest request, FakeAnswer answer) => request.Path.Contains("/resolve/", StringComparison.Ordinal) ? answer : null;

    [Test]
    public void MissingOrPrivate_WithoutAToken()
    {
        using var world = new World();

        Assert.That(Refused(world, _ => FakeAnswer.Refusal(401, "RepoNotFound")), Does.Contain("has no repository 'org/model', or it is private").And.Contain("none is set: HF_TOKEN").And.Contain("Nor is there such a file or folder here"));
    }

    [Test]
    public void MissingOrPrivate_WithAToken()
    {
        using var world = new World();
        world.Settings = world.Settings with { Token = "hf_secret", TokenSource = "HF_TOKEN" };

        Assert.That(Refused(world, _ => FakeAnswer.Refusal(404, "RepoNotFound")), Does.Contain("or it is private").And.Contain("the one in HF_TOKEN is none that may read it"));
    }

    [Test]
    public void TokenThatIsNotAccepted()
    {
        using var world = new World();
        world.Settings = world.Settings with { Token = "hf_secret", TokenSource = "HF_TOKEN" };

        Assert.That(Refused(world, _ => FakeAnswer.Refusal(401, null, "Invalid credentials in Authorization header")), Does.Contain("does not accept the token in HF_TOKEN").And.Contain("/settings/tokens"));
    }

    [TestCase(401)]
    [TestCase(403)]
    public void Gated_SaysWhereTheTermsAre(int status)
    {
        using var world = new World();

        Assert.That(
            Refused(world, request => AtFiles(request, FakeAnswer.Refusal(status, "GatedRepo"))),
            Does.Contain($"org/model is gated: accept its terms at {world.Hub.Address}org/model").And.Contain("none is set: HF_TOKEN"));
    }

    [Test]
    public void WrongRevision()
    {
        using var world = new World();

        Assert.That(Refused(world, _ => null, revision: "refs/pr/7"), Does.Contain("org/model has no revision 'refs/pr/7'").And.Contain("without it main"));
        Assert.That(world.Hub.Requests.Single().Path, Does.Contain("/revision/refs%2Fpr%2F7?"));
    }

    [TestCase("../main")]
    [TestCase("a b?")]
    [TestCase("")]
    [TestCase("/main")]
    [TestCase("main\n")]
    public void ImpossibleRevision_IsNotAskedFor(string revision)
    {
        using var world = new World();

        Assert.That(Refused(world, _ => null, revision), Does.Contain("can be no branch, tag or commit"));
        Assert.That(world.Hub.Requests, Is.Empty);
    }

    [Test]
    public void ListedFileThatIsNotThere()
    {
        using var world = new World();

        Assert.That(Refused(world, request => AtFiles(request, FakeAnswer.Refusal(404, "EntryNotFound"))), Does.Contain("has no file 'config.json' at main, although it is listed"));
    }

    [Test]
    public void Disabled()
    {
        using var world = new World();

        Assert.That(Refused(world, _ => FakeAnswer.Refusal(403, null, "Access to this resource is disabled.")), Does.Contain("disabled access to org/model"));
    }

    [Test]
    public void OtherRefusal_SaysWhatTheServerSays()
    {
        using var world = new World();

        Assert.That(Refused(world, _ => FakeAnswer.Refusal(403, null, "Your storage is full")), Does.Contain("answers 403 (Your storage is full) to org/model"));
    }

    [TestCase("text/html", "<!DOCTYPE html><html>Sign in to the network</html>")]
    [TestCase("application/json", "{\"error\": 1}")]
    [TestCase("application/json", "{\"sha\": \"../../x\", \"siblings\": []}")]
    [TestCase("application/json", "{\"sha\": \"1234567890123456789012345678901234567890\", \"siblings\": [{}]}")]
    public void ListingThatIsNone(string type, string body)
    {
        using var world = new World();

        Assert.That(Refused(world, _ => FakeAnswer.Text(200, body, ("Content-Type", type))), Does.Contain($"({type}, ").And.Contain("in place of the list of files (JSON)").And.Contain("HF_ENDPOINT"));
    }

    [Test]
    public void ServerThatIsDown_IsAskedOnce()
    {
        using var world = new World();
        world.Hub.Stop();

        Assert.That(() => world.Fetch(), Throws.TypeOf<TransferException>().With.Message.Contains("Cannot reach 127.0.0.1").And.Message.Contains("HF_HUB_OFFLINE=1"));
        Assert.That(world.Waits, Is.Empty);
    }

    [Test]
    public void StorageThatRefuses_IsAskedAgain_ForItsAddressesAreSignedForAWhile()
    {
        using var world = new World();
        using var storage = new FakeHub(world.Repository);
        var weights = world.CommitCheckpoint();
        var isFirst = true;
        world.Hub.Storage = storage.Address;
        storage.Fault = _ =>
        {
            var answer = isFirst ? FakeAnswer.Refusal(403, null, "Request has expired") : null;
            isFirst = false;
            return answer;
        };

        Assert.That(File.ReadAllBytes(Path.Combine(world.Fetch().Path, "model.safetensors")), Is.EqualTo(weights));
        Assert.That(world.Waits, Has.Count.EqualTo(1));
    }

    [Test]
    public void Redirect_ToAnotherKindOfAddress_IsNotFollowed()
    {
        using var world = new World();

        Assert.That(Refused(world, request => AtFiles(request, FakeAnswer.Text(302, "", ("Location", "ftp://127.0.0.1/x")))), Does.Contain("redirects to ftp:, which is not followed"));
    }

    [Test]
    public void Redirect_InACircle_Ends()
    {
        using var world = new World();

        Assert.That(Refused(world, request => FakeAnswer.Text(302, "", ("Location", request.Path))), Does.Contain("redirects in a circle"));
    }
}
