using Newtonsoft.Json.Linq;
using PluginLens.Tests.Shared;
using static PluginLens.Cli.Tests.HubImport;

namespace PluginLens.Cli.Tests;

/// <summary><c>pluginlens import ORG/NAME</c>: from a hub on this machine to a model that runs.</summary>
public sealed class HubImportTests
{
    [Test]
    public void Import_GgufFile_FetchesItAlone_AndWritesWhereItComesFrom()
    {
        using var folder = new TemporaryFolder();
        var repository = GgufRepository();
        using var hub = new FakeHub(repository);

        var imported = Cli.RunIn(folder.At("."), ["import", "org/model", "made", "--file", "*Q4_0.gguf", "--format", "json"], Environment(hub, folder));
        var inspected = Cli.RunIn(folder.At("."), ["inspect", "made", "--format", "json"], Environment(hub, folder));

        Assert.That(imported.ExitCode, Is.Zero, imported.Errors);
        Assert.That(imported.Errors, Is.Empty, "a pipe gets no bar");
        Assert.That(hub.Requests.Count(request => request.IsForContent), Is.EqualTo(1));
        var (report, model) = (JObject.Parse(imported.Output), JObject.Parse(inspected.Output));
        Assert.That(report["repository"]!.ToString(), Is.EqualTo("org/model"));
        Assert.That(report["commit"]!.ToString(), Is.EqualTo(repository.References["main"]));
        Assert.That(model["config"]!["source"]!.ToString(), Is.EqualTo($"org/model@{repository.References["main"]}"));
        Assert.That(model["source_sha256"]!.ToString(Newtonsoft.Json.Formatting.None), Is.EqualTo($"{{\"model-Q4_0.gguf\":\"{repository.Id(Golden(Small))}\"}}"));
    }

    [Test]
    public void Import_SeveralGgufFiles_AreListed_AndNothingIsFetched()
    {
        using var folder = new TemporaryFolder();
        using var hub = new FakeHub(GgufRepository());

        var result = Cli.RunIn(folder.At("."), ["import", "org/model", "made"], Environment(hub, folder));

        Assert.That(result.ExitCode, Is.EqualTo(2));
        Assert.That(result.Errors, Does.Match(@"^pluginlens: org/model holds several models; name one with --file: model-Q4_0\.gguf \(\d+\.\d kB\), model-Q8_0\.gguf \(\d+\.\d kB\)\.\n$"));
        Assert.That(hub.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    public void Import_Checkpoint_ExportsIt_IntoTheModelsFolder()
    {
        using var folder = new TemporaryFolder();
        var repository = new FakeRepository("org/model");
        var checkpoint = Path.Combine(Cli.Root, "tests", "Golden", "checkpoints", "llama");
        var commit = repository.Commit([.. Directory.GetFiles(checkpoint).Select(file => (Path.GetFileName(file), File.ReadAllBytes(file))), ("pytorch_model.bin", new byte[100])]);
        using var hub = new FakeHub(repository);
        Directory.CreateDirectory(folder.At("models"));

        var imported = Cli.RunIn(folder.At("."), ["import", "org/model", "--models", "models"], Environment(hub, folder));

        Assert.That(imported.ExitCode, Is.Zero, imported.Errors);
        Assert.That(imported.Output, Does.Contain($"fetched org/model@{commit} (").And.Contain("llama, ").And.Contain($"wrote {folder.At("models/model")}"));
        var inspected = JObject.Parse(Cli.RunIn(folder.At("."), ["inspect", "model", "--models", "models", "--format", "json"], Environment(hub, folder)).Output);
        Assert.That(inspected["config"]!["source"]!.ToString(), Is.EqualTo($"org/model@{commit}"));
        Assert.That(inspected["tokenizer"]!["ids"]!.Type, Is.EqualTo(JTokenType.Integer));
        Assert.That(hub.Requests.Select(request => request.Path), Has.None.Contains("pytorch_model.bin"));
        Assert.That(Cli.RunIn(folder.At("."), ["run", "--plugin", "ov-pairs", "--model", "model", "--models", "models", "--layer", "0", "--head", "0"], Environment(hub, folder)).ExitCode, Is.Zero);
    }

    [Test]
    public void Import_CheckpointWithoutPython_SaysWhatToInstallAndToType_AndKeepsTheDownload()
    {
        using var folder = new TemporaryFolder();
        var repository = new FakeRepository("org/model");
        var commit = repository.Commit(("config.json", "{}"u8.ToArray()), ("model.safetensors", new byte[2000]));
        using var hub = new FakeHub(repository);

        var result = Cli.RunIn(folder.At("."), ["import", "org/model", "made"], Environment(hub, folder, ("PYTHON", folder.At("no-python"))));

        var snapshot = folder.At($"hf/hub/models--org--model/snapshots/{commit}");
        Assert.That(result.ExitCode, Is.EqualTo(2));
        Assert.That(result.Errors.Trim().Split('\n'), Has.Length.EqualTo(1));
        Assert.That(result.Errors, Does.Contain("needs python3 with numpy, onnx (Debian: apt install python3-numpy python3-onnx), then type: python3 ").And.Contain($"export.py {snapshot} made --source-name org/model@{commit}"));
        Assert.That(File.ReadAllBytes($"{snapshot}/model.safetensors"), Is.EqualTo(new byte[2000]));
    }

    [Test]
    public void Import_CheckpointThatTheExporterRefuses_SaysWhy()
    {
        using var folder = new TemporaryFolder();
        var repository = new FakeRepository("org/model");
        repository.Commit(("config.json", """{"model_type": "unheard-of"}"""u8.ToArray()), ("model.safetensors", Golden("tests/Golden/checkpoints/gpt2/model.safetensors")));
        using var hub = new FakeHub(repository);

        var result = Cli.RunIn(folder.At("."), ["import", "org/model", "made"], Environment(hub, folder));

        Assert.That(result.ExitCode, Is.EqualTo(2));
        Assert.That(result.Errors, Does.StartWith("pluginlens: The exporter: ").And.Contain("unheard-of").And.Contain("the checkpoint lies in"));
        Assert.That(result.Errors.Trim().Split('\n'), Has.Length.EqualTo(1));
    }

    [TestCase("")]
    [TestCase("1")]
    public void Import_OnnxFileWithDataOutsideIt_IsReadThroughTheLinksOfTheCache(string withoutLinks)
    {
        using var folder = new TemporaryFolder();
        var repository = new FakeRepository("org/model");
        repository.Commit(
            ("config.json", Golden("tests/Golden/checkpoints/gpt2/config.json")), ("tokenizer.json", Golden("tests/Golden/checkpoints/gpt2/tokenizer.json")), ("model.safetensors", new byte[10]),
            ("onnx/model.onnx", Golden("tests/Golden/hard-onnx/external-one-file/model.onnx")), ("onnx/model.onnx_data", Golden("tests/Golden/hard-onnx/external-one-file/model.onnx_data")));
        using var hub = new FakeHub(repository);

        var result = Cli.RunIn(folder.At("."), ["import", "org/model", "made", "--file", "model.onnx"], Environment(hub, folder, ("HF_HUB_DISABLE_SYMLINKS", withoutLinks)));

        Assert.That(result.ExitCode, Is.Zero, result.Errors);
        Assert.That(result.Output, Does.Contain("gpt2").And.Contain("byte-level-bpe, 512 ids"));
        Assert.That(Directory.GetFiles(folder.At("made")).Select(file => new FileInfo(file).LinkTarget), Is.All.Null);
    }

    [Test]
    public void Import_ThroughTheSystemsProxy()
    {
        using var folder = new TemporaryFolder();
        using var hub = new FakeHub(GgufRepository());
        hub.Storage = new Uri("http://storage.invalid/");

        var result = Cli.RunIn(folder.At("."), ["import", "org/model", "made", "--file", "*Q4_0.gguf"], Environment(hub, folder, ("HF_ENDPOINT", "http://hub.invalid"), ("HTTP_PROXY", hub.Address.ToString()), ("http_proxy", hub.Address.ToString()), ("NO_PROXY", ""), ("no_proxy", ""), ("HF_TOKEN", "hf_secret")));

        Assert.That(result.ExitCode, Is.Zero, result.Errors);
        Assert.That(hub.Requests.Select(request => new Uri(request.Target).Host), Is.EqualTo(["hub.invalid", "hub.invalid", "storage.invalid"]));
        Assert.That(hub.Requests.Select(request => request.Headers.ContainsKey("Authorization")), Is.EqualTo([true, true, false]));
    }

    [Test]
    public void Import_Offline_TakesTheCache()
    {
        using var folder = new TemporaryFolder();
        using var hub = new FakeHub(GgufRepository());
        Cli.RunIn(folder.At("."), ["import", "org/model", "one", "--file", "model-Q4_0.gguf"], Environment(hub, folder));
        hub.Stop();

        var there = Cli.RunIn(folder.At("."), ["import", "org/model", "two"], Environment(hub, folder, ("HF_HUB_OFFLINE", "1")));
        var lacking = Cli.RunIn(folder.At("."), ["import", "org/other", "three"], Environment(hub, folder, ("HF_HUB_OFFLINE", "1")));

        Assert.That(there.ExitCode, Is.Zero, there.Errors);
        Assert.That((lacking.ExitCode, lacking.Errors), Is.EqualTo((2, $"pluginlens: The cache '{folder.At("hf/hub")}' has no 'org/other' at main, and HF_HUB_OFFLINE forbids to fetch it: unset that, or fetch it on a machine that may and copy the folder 'models--org--other'.\n")));
    }

    [Test]
    public void Import_HostileNames_ReachNoTerminal()
    {
        using var folder = new TemporaryFolder();
        var repository = new FakeRepository("org/model");
        repository.Commit(("a\u001b[2J\u202e.gguf", new byte[10]), ("b\r\nc.gguf", new byte[10]));
        using var hub = new FakeHub(repository);

        var result = Cli.RunIn(folder.At("."), ["import", "org/model", "made"], Environment(hub, folder));

        Assert.That(result.ExitCode, Is.EqualTo(2));
        Assert.That(result.Errors, Does.Contain(@"a\u{1B}[2J\u{202E}.gguf (10 B), b c.gguf (10 B)").And.Not.Contain("\u001b"));
        Assert.That(result.Errors.Trim().Split('\n'), Has.Length.EqualTo(1));
    }

    [Test]
    public void Import_PathThatExists_IsNeverAName()
    {
        using var folder = new TemporaryFolder();
        using var hub = new FakeHub(GgufRepository());
        Directory.CreateDirectory(folder.At("org/model"));

        var empty = Cli.RunIn(folder.At("."), ["import", "org/model", "made"], Environment(hub, folder));
        var alone = Cli.RunIn(folder.At("."), ["import", "org/model"], Environment(hub, folder));
        var option = Cli.RunIn(folder.At("."), ["import", "org/model", "made", "--revision", "main"], Environment(hub, folder));

        Assert.That((empty.ExitCode, empty.Errors), Is.EqualTo((2, "pluginlens: 'org/model' holds no .onnx file; name the file to import.\n")));
        Assert.That((alone.ExitCode, alone.Errors), Is.EqualTo((2, "pluginlens: 'org/model' is a path here: name the model folder to write behind it.\n")));
        Assert.That((option.ExitCode, option.Errors), Is.EqualTo((2, "pluginlens: 'org/model' is a path here; --revision and --file are for ORG/NAME, a repository on the hub.\n")));
        Assert.That(hub.Requests, Is.Empty);
    }

    [TestCase("nothing")]
    [TestCase("a/b/c")]
    [TestCase("downloads/model.gguf")]
    [TestCase("../model")]
    public void Import_NeitherPathNorName_SaysBothForms(string source)
    {
        using var folder = new TemporaryFolder();
        using var hub = new FakeHub(GgufRepository());

        var result = Cli.RunIn(folder.At("."), ["import", source, "made"], Environment(hub, folder));

        Assert.That((result.ExitCode, result.Errors), Is.EqualTo((2, $"pluginlens: '{source}' does not exist, and is not the name of a repository: expected a file or folder, or ORG/NAME.\n")));
        Assert.That(hub.Requests, Is.Empty);
    }

    [Test]
    public void Import_DestinationThatExists_IsRefusedBeforeAnythingIsFetched()
    {
        using var folder = new TemporaryFolder();
        using var hub = new FakeHub(GgufRepository());
        File.WriteAllText(folder.At("made"), "x");

        Assert.That(Cli.RunIn(folder.At("."), ["import", "org/model", "made"], Environment(hub, folder)).Errors, Does.Contain("'made' is a file"));
        Assert.That(hub.Requests, Is.Empty);
    }

    [Test]
    public void Run_RepositoryAsModel_SaysTheCommandToType()
    {
        var result = Cli.Run("run", "--plugin", "ov-pairs", "--model", "org/model");

        Assert.That(result.ExitCode, Is.EqualTo(2));
        Assert.That(result.Errors, Does.Contain("a repository on the hub is fetched by 'pluginlens import org/model'"));
    }
}
