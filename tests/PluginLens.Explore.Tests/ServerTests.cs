using System.Net;
using System.Text;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace PluginLens.Explore.Tests;

/// <summary>The server without a browser: what it runs, what it refuses, how it ends.</summary>
public sealed class ServerTests
{
    /// <summary>Has one run, which may be kept; a name that is none leaves it as it was.</summary>
    private Explorer? _kept;

    [OneTimeTearDown]
    public void Close() => _kept?.Dispose();

    [Test]
    public async Task Run_IsThatOfTheCommandLine_AndKeepsTheSameRows()
    {
        using var explorer = new Explorer();

        var said = await explorer.Run(Explorer.Form("ov-pairs", new { k = "3", layer = "-1" }));
        using var kept = await explorer.Client.PostAsync("/api/keep", Json(new { run = said[^1]["run"], name = "kept" }));
        var command = said[0]["command"]!.Values<string>().OfType<string>().ToArray();
        var again = Cli.Tests.Cli.RunIn(explorer.Started, [.. command, "--out", "again", "--quiet"], new Dictionary<string, string>());

        Assert.That(said[^1].ToString(Formatting.None), Is.EqualTo("""{"run":1,"error":null,"status":"complete"}"""));
        Assert.That(command, Is.EqualTo(new[] { "run", "--plugin", "ov-pairs", "--models", command[4], "--model", "tiny-gpt2", "--prompt", "The cat sat", "--k", "3", "--layer=-1" }));
        Assert.That(JObject.Parse(await kept.Content.ReadAsStringAsync())["folder"]!.Value<string>(), Is.EqualTo(Path.Combine(explorer.Started, "kept")));
        Assert.That(again.ExitCode, Is.Zero, again.Errors);
        Assert.That(File.ReadAllBytes(Path.Combine(explorer.Started, "again", "ov-pairs.csv")), Is.EqualTo(File.ReadAllBytes(Path.Combine(explorer.Started, "kept", "ov-pairs.csv"))).And.Length.GreaterThan(100));
        Assert.That(JObject.Parse(File.ReadAllText(Path.Combine(explorer.Started, "kept", "run.json")))["command_line"]!.Values<string>(), Is.EqualTo(command));
    }

    [TestCase("--plugins", "is no option of the analysis")]
    [TestCase("out", "is the program's")]
    [TestCase("trust", "is the program's")]
    public async Task Option_ThatIsNotTheAnalysiss_IsRefused(string name, string because)
    {
        using var explorer = new Explorer();

        using var answer = await explorer.Client.PostAsync("/api/run", Explorer.Form("ov-pairs", new Dictionary<string, string> { [name] = "x" }));

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest), because);
        Assert.That(await answer.Content.ReadAsStringAsync(), Is.EqualTo($"Analysis 'ov-pairs' has no option --{name}.\n"));
    }

    [Test]
    public async Task WrongForms_AreRefusedInALine()
    {
        using var explorer = new Explorer();
        foreach (var (form, line) in new (string, string)[]
        {
            ("no json", "The request brings no JSON object.\n"),
            ("{}", "No analysis ''"),
            ("""{"analysis":"logit-lens","models":["/etc"]}""", "No model '/etc' on this page.\n"),
            ("""{"analysis":"logit-lens","models":"tiny-gpt2","seed":"x"}""", "The form is not one of this page.\n"),
        })
        {
            using var answer = await explorer.Client.PostAsync("/api/run", new StringContent(form, Encoding.UTF8));

            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
            Assert.That(await answer.Content.ReadAsStringAsync(), Does.StartWith(line).And.EndsWith("\n"));
        }
    }

    [Test]
    public async Task MistakesOfTheUser_AreTheOneLineOfTheCommandLine()
    {
        using var explorer = new Explorer();

        var wrong = await explorer.Run(Explorer.Form("logit-lens", new { k = "many" }));
        var text = await explorer.Run(Explorer.Form("logit-lens", new { position = "77" }));
        var right = await explorer.Run(Explorer.Form("logit-lens"));

        var typed = Cli.Tests.Cli.Run("run", "--plugin", "logit-lens", "--model", "tiny-gpt2", "--prompt", "The cat sat", "--k", "many");
        Assert.That(wrong[^1]["run"]!.Type, Is.EqualTo(JTokenType.Null));
        Assert.That($"pluginlens: {wrong[^1]["error"]}\n", Is.EqualTo(typed.Errors));
        Assert.That(text[^1]["error"]!.Value<string>(), Does.Contain("77"));
        Assert.That(right[^1]["status"]!.Value<string>(), Is.EqualTo("complete"));
    }

    [TestCase("exits")]
    [TestCase("overflows-stack")]
    public async Task PluginFromElsewhere_RunsInAProcessOfItsOwn(string how)
    {
        using var explorer = new Explorer("--plugins", Explorer.Fixture);

        var said = await explorer.Run(Explorer.Form("misbehaves", new { how }));
        var next = await explorer.Run(Explorer.Form("misbehaves", new { how = "none" }));

        Assert.That(said[^1]["error"]!.Value<string>(), Does.StartWith("Analysis 'misbehaves' failed: its process"));
        Assert.That((said[^1]["run"]!.Value<int>(), said[^1]["status"]!.Value<string>()), Is.EqualTo((1, "failed")));
        Assert.That(next[^1]["status"]!.Value<string>(), Is.EqualTo("complete"));
        Assert.That(explorer.Lives);
    }

    [Test]
    public async Task Stop_EndsTheRun_AndKeepsWhatItFound()
    {
        using var explorer = new Explorer("--plugins", Explorer.Fixture);
        using var lines = await explorer.Begin(Explorer.Form("misbehaves", new { how = "stops-quietly" }), said => said["table"] is not null);

        using (await explorer.Client.PostAsync("/api/stop", Json(new { tab = "another" })))
        using (var second = await explorer.Client.PostAsync("/api/run", Explorer.Form("ov-pairs")))
        {
            Assert.That(second.StatusCode, Is.EqualTo(HttpStatusCode.Conflict));
        }

        using (await explorer.Client.PostAsync("/api/stop", Json(new { tab = "tab" })))
        {
            Assert.That(await lines.ReadToEndAsync(), Does.EndWith("""{"run":1,"error":"Stopped; what was finished was kept.","status":"cancelled"}""" + "\n"));
        }

        using var data = await explorer.Client.GetAsync("/api/runs?id=1");
        Assert.That(data.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Stop_OfAnAnalysisInTheProgram_LeavesTheNextRunItsModels()
    {
        using var explorer = new Explorer();
        await explorer.Run(Explorer.Form("ov-pairs", new { k = "1" }));
        using var lines = await explorer.Begin(Explorer.Form("qk-pairs", model: "smollm2-135m"), said => said["done"] is not null);

        using (await explorer.Client.PostAsync("/api/stop", Json(new { tab = "tab" })))
        {
            Assert.That(await lines.ReadToEndAsync(), Does.EndWith(""","error":"Stopped; what was finished was kept.","status":"cancelled"}""" + "\n"));
        }

        Assert.That((await explorer.Run(Explorer.Form("ov-pairs", new { k = "1" })))[^1]["status"]!.Value<string>(), Is.EqualTo("complete"));
        Assert.That((await explorer.Run(Explorer.Form("logit-lens")))[^1]["status"]!.Value<string>(), Is.EqualTo("complete"));
    }

    [Test]
    public async Task WindowThatIsGone_TakesItsRunWithIt_AndTheNextOneHasItsTurn()
    {
        using var explorer = new Explorer("--plugins", Explorer.Fixture);
        var lines = await explorer.Begin(Explorer.Form("misbehaves", new { how = "stops-quietly" }), said => said["table"] is not null);
        Assert.That(explorer.Isolated().Count(), Is.EqualTo(1));
        using var waiting = await explorer.Begin(Explorer.Form("ov-pairs", new { k = "1" }, tab: "second"), said => said["waits"] is not null);

        lines.Dispose();

        Assert.That(await waiting.ReadToEndAsync(), Does.EndWith("\"status\":\"complete\"}\n"));
        Assert.That(() => explorer.Isolated(), Is.Empty.After(5000, 50));
    }

    [TestCase("INT", "pluginlens: Stopping the page: runs that were kept as folders stay. Ctrl-C again ends it at once.\n")]
    [TestCase("TERM", "")]
    public async Task Signal_EndsTheServerAndItsRun_AndLeavesNothing(string signal, string said)
    {
        using var explorer = new Explorer("--plugins", Explorer.Fixture);
        using var lines = await explorer.Begin(Explorer.Form("misbehaves", new { how = "stops-quietly" }), said => said["table"] is not null);

        var (code, errors) = explorer.End(signal);

        Assert.That((code, errors.Replace("waiting\n", string.Empty, StringComparison.Ordinal)), Is.EqualTo((0, said)));
        Assert.That(Directory.GetFileSystemEntries(explorer.Temporary, "pluginlens-*"), Is.Empty);
    }

    [Test]
    public void PortThatIsTaken_IsOneLine()
    {
        using var explorer = new Explorer();

        var second = Cli.Tests.Cli.Run("explore", "--no-open", "--port", $"{new Uri(explorer.Site).Port}");

        Assert.That((second.ExitCode, second.Output), Is.EqualTo((2, string.Empty)));
        Assert.That(second.Errors, Does.Match(@"\Apluginlens: --port \d+: .*address already in use; name another port, or none for one that is free\.\n\z"));
    }

    [TestCase("--port 70000", "pluginlens: --port 70000: expected a port from 1 to 65535, or 0 for one that is free.\n")]
    [TestCase("--model nothing", "pluginlens: No model 'nothing'")]
    public void WrongArguments_AreOneLine(string arguments, string line)
    {
        var result = Cli.Tests.Cli.Run(["explore", "--no-open", .. arguments.Split(' ')]);

        Assert.That((result.ExitCode, result.Output), Is.EqualTo((2, string.Empty)));
        Assert.That(result.Errors, Does.StartWith(line));
    }

    [Test]
    public void NoBrowser_IsOneLine()
    {
        // A path on which there is 'dotnet' alone.
        using var folder = new TemporaryFolder();
        File.CreateSymbolicLink(folder.At("dotnet"), Environment.ProcessPath!);

        var result = Cli.Tests.Cli.RunIn(Cli.Tests.Cli.Root, ["explore"], new Dictionary<string, string> { ["PATH"] = folder.At("."), ["DOTNET_ROOT"] = Path.GetDirectoryName(Environment.ProcessPath)! });

        Assert.That(result.ExitCode, Is.EqualTo(1), result.Errors);
        Assert.That(result.Errors, Does.StartWith("pluginlens: No browser could be opened (").And.EndWith("); --no-open prints the address alone.\n"));
    }

    [TestCase("..")]
    [TestCase("../up")]
    [TestCase("a/b")]
    [TestCase("/elsewhere")]
    [TestCase("a\\b")]
    [TestCase(".hidden")]
    [TestCase("")]
    [TestCase("a\n")]
    public async Task Keep_UnderANameThatIsNone_IsRefused(string name)
    {
        if (_kept is null)
        {
            _kept = new Explorer();
            await _kept.Run(Explorer.Form("ov-pairs", new { k = "1", layer = "0" }));
        }

        using var answer = await _kept.Client.PostAsync("/api/keep", Json(new { run = 1, name }));

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain("is no name of a folder here"));
        Assert.That(Directory.GetFileSystemEntries(_kept.Started), Is.Empty);
    }

    [Test]
    public async Task Keep_WhereSomethingIs_IsRefused()
    {
        using var explorer = new Explorer();
        await explorer.Run(Explorer.Form("ov-pairs", new { k = "1", layer = "0" }));
        Directory.CreateDirectory(Path.Combine(explorer.Started, "empty"));
        File.WriteAllText(Path.Combine(explorer.Started, "file"), "x");
        File.CreateSymbolicLink(Path.Combine(explorer.Started, "link"), "/nowhere");
        foreach (var name in new[] { "empty", "file", "link" })
        {
            using var answer = await explorer.Client.PostAsync("/api/keep", Json(new { run = 1, name }));

            Assert.That((answer.StatusCode, await answer.Content.ReadAsStringAsync()), Is.EqualTo((HttpStatusCode.BadRequest, $"'{Path.Combine(explorer.Started, name)}' is there already; choose another name.\n")));
        }

        using var unknown = await explorer.Client.PostAsync("/api/keep", Json(new { run = 9, name = "new" }));
        Assert.That(await unknown.Content.ReadAsStringAsync(), Is.EqualTo("Run 9 is not kept any more; run it again.\n"));
    }

    private static StringContent Json(object value) => new(JsonConvert.SerializeObject(value), Encoding.UTF8, "application/json");
}
