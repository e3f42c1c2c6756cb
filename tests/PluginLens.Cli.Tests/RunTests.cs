using Newtonsoft.Json.Linq;

namespace PluginLens.Cli.Tests;

/// <summary><c>pluginlens run</c> end to end on the embedded model.</summary>
public sealed class RunTests
{
    [Test]
    public void Run_Json_HasRunTablesAndIdsBesideTokens()
    {
        var result = Cli.Run("run", "--plugin", "ov-pairs", "--layer", "0", "--head", "1", "--k", "7", "--format", "json");
        var json = JObject.Parse(result.Output);
        var rows = (JArray)json["tables"]!["ov-pairs"]!;

        Assert.That(result.ExitCode, Is.Zero, result.Errors);
        Assert.That(rows, Has.Count.EqualTo(7));
        Assert.That(((JObject)rows[0]).Properties().Select(property => property.Name), Is.EqualTo(new[] { "layer", "head", "rank", "input", "input_id", "output", "output_id", "score" }));
        Assert.That((string?)json["run"]!["model"]!["name"], Is.EqualTo("tiny-gpt2"));
    }

    [Test]
    public void Run_TwoModelsOnAnAnalysisOfOne_RunsThemInTurn()
    {
        string Csv(params string[] models) => Cli.Run(["run", "--plugin", "ov-pairs", "--layer", "0", "--head", "1", "--k", "3", "--format", "csv", .. models.SelectMany(model => new[] { "--model", model })]).Output;
        string[] Lines(string model, string[] rows) => [.. rows.Select(row => $"{model},{row}")];
        var (first, second) = (Csv("tiny-gpt2").TrimEnd().Split('\n'), Csv("tiny-gpt2-wide").TrimEnd().Split('\n'));

        Assert.That(Csv("tiny-gpt2", "tiny-gpt2-wide").TrimEnd().Split('\n'), Is.EqualTo((string[])[$"model,{first[0]}", .. Lines("tiny-gpt2", first[1..]), .. Lines("tiny-gpt2-wide", second[1..])]));
    }

    /// <summary>A pattern stands for the models under the folder that fit it, by name.</summary>
    [Test]
    public void Run_PatternOfModels_RunsThoseThatFit()
    {
        string[] run = ["run", "--plugin", "isotropy", "--format", "csv", "--table", "isotropy"];
        var all = Cli.Run([.. run, "--model", "tiny-gpt2", "--model", "tiny-gpt2-b", "--model", "tiny-gpt2-wide"]);
        Assert.That(all.ExitCode, Is.Zero, all.Errors);

        Assert.That(Cli.Run([.. run, "--model", "tiny-gpt2", "--model", "tiny-gpt2-?", "--model", "tiny-gpt2-w*"]).Output, Is.EqualTo(all.Output));
        Assert.That(Cli.Run([.. run, "--model", "TINY-gpt2-[b]*"]), Has.Property("ExitCode").EqualTo(2).And.Property("Errors").StartsWith("pluginlens: No model fits 'TINY-gpt2-[b]*': expected names under "));
        Assert.That(Cli.Run([.. run, "--model", "tiny-gpt2*", "--model", "tiny-gpt2"]).Errors, Does.Contain("was given twice"));
    }

    [Test]
    public void Run_PaperOrder_SwapsTheColumns()
    {
        var plain = Rows("--k", "3");
        var paper = Rows("--k", "3", "--paper-order");

        Assert.That(((JObject)paper[0]).Properties().ElementAt(3).Name, Is.EqualTo("output"));
        Assert.That(paper.Select(row => (int)row["input_id"]!), Is.EqualTo(plain.Select(row => (int)row["input_id"]!)));

        static JArray Rows(params string[] more) => (JArray)JObject.Parse(
            Cli.Run(["run", "--plugin", "ov-pairs", "--layer", "-1", "--head", "0", "--format", "json", .. more]).Output)["tables"]!["ov-pairs"]!;
    }

    [Test]
    public void Run_AnyNumberOfThreads_PrintsTheSameBytes()
    {
        var outputs = new[] { "1", "2", "8" }.Select(threads => Cli.Run("run", "--plugin", "qk-pairs", "--format", "csv", "--threads", threads).Output).ToList();

        Assert.That(outputs[0], Is.Not.Empty);
        Assert.That(outputs, Is.All.EqualTo(outputs[0]));
    }

    [Test]
    public void Run_UnknownOption_ListsTheKnownOnes()
    {
        var result = Cli.Run("run", "--plugin", "ov-pairs", "--kk", "3");

        Assert.That(result.ExitCode, Is.EqualTo(2));
        Assert.That(result.Errors, Does.Contain("--kk").And.Contain("--only-ascii"));
        Assert.That(result.Errors.Trim().Split('\n'), Has.Length.EqualTo(1));
    }

    [TestCase("run --plugin no-such", "no-such")]
    [TestCase("run --plugin ov-pairs --model no-such-model", "no-such-model")]
    [TestCase("run --plugin ov-pairs --layer 99", "layers 0 to 3")]
    [TestCase("run --plugin ov-pairs --k many", "many")]
    [TestCase("run --plugin ov-pairs --device cuda --model tiny-gpt2 --format xml", "xml")]
    [TestCase("run --plugin activations", "--prompt")]
    [TestCase("run --plugin activations --model tiny-gpt2 --ids 5000 --out artifacts/never", "5000")]
    [TestCase("run --plugin activations --ids 1,2", "--out")]
    [TestCase("run --plugin activations --ids 1,2 --hooks nothing --out artifacts/never", "nothing")]
    [TestCase("run --plugin qk-pairs --offset 1", "rotary")]
    [TestCase("run --plugin finetune-diff", "--model twice")]
    [TestCase("run --plugin align-layers --model tiny-gpt2 --model tiny-gpt2-wide --model tiny-gpt2-b", "'tiny-gpt2-b' is left over")]
    [TestCase("run --plugin stitch --model tiny-gpt2 --model tiny-gpt2-wide --model tiny-gpt2-b --ids 1,2", "third --model is read by --subtract only")]
    [TestCase("run --plugin ov-pairs --model tiny-gpt2 --model tiny-gpt2", "given twice")]
    [TestCase("run --plugin ffn-keys-values --pool 10 --min-overlap 15", "--min-overlap 15")]
    [TestCase("run --plugin finetune-diff --good -1", "--good")]
    [TestCase("rerun artifacts/never", "artifacts/never")]
    [TestCase("run --plugin all --k 5 --out artifacts/never --model no-such-model", "did not expect --k 5")]
    [TestCase("run --plugin all --model no-such-model", "add --out FOLDER")]
    [TestCase("run --plugin all --model no-such-model --out artifacts/never", "no-such-model")]
    [TestCase("describe no-such", "no-such")]
    [TestCase("nonsense", "nonsense")]
    public void Mistakes_ExitWithTwoAndNameTheFault(string command, string message)
    {
        var result = Cli.Run(command.Split(' '));

        Assert.That(result.ExitCode, Is.EqualTo(2), result.Errors);
        Assert.That(result.Errors, Does.Contain(message).And.Not.Contain("   at "));
    }

    [Test]
    public void Run_Out_WritesProvenanceAndTables()
    {
        using var folder = new TemporaryFolder();
        var result = Cli.Run("run", "--plugin", "activations", "--ids", "1,2,3", "--hooks", "blocks.*.hook_resid_post,logits", "--out", folder.At("run"));
        var run = JObject.Parse(File.ReadAllText(folder.At("run/run.json")));

        Assert.That(result.ExitCode, Is.Zero, result.Errors);
        Assert.That((string?)run["plugin"], Is.EqualTo("activations"));
        Assert.That((string?)run["status"], Is.EqualTo("complete"));
        Assert.That(File.ReadAllText(folder.At("run/files.csv")), Does.StartWith("prompt,file,content,tokens,text"));
        Assert.That(new FileInfo(folder.At("run/activations.safetensors")).Length, Is.GreaterThan(3 * 4096 * 4));
    }

    [TestCase("", "tiny-gpt2")]
    [TestCase("--ids 1,2", "smollm2-135m")]
    [TestCase("--ids 1,2 --model tiny-attn-2l", "tiny-attn-2l")]
    public void Run_WithoutModel_TakesOneThatKnowsSomethingWherePromptsAreGiven(string given, string model)
    {
        var result = Cli.Run(["run", "--plugin", "ov-pairs", "--layer", "0", "--head", "0", "--k", "1", .. given.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);

        Assert.That(result.Output, Does.Contain($"ov-pairs on {model} ("), result.Errors);
    }

    [Test]
    public void Run_All_RunsWhatAppliesAndSaysWhyTheRestDoesNot()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.At("all/stitch"));
        File.WriteAllText(folder.At("all/stitch/kept.csv"), "of an earlier run");
        var result = Cli.Run("run", "--plugin", "all", "--model", "tiny-attn-2l", "--prompt", "the old man", "--out", folder.At("all"));

        Assert.That(result.ExitCode, Is.Zero, result.Errors + result.Output);
        Assert.That(result.Output, Does.Match("ov-pairs +done").And.Match("activations +done").And.Match("ffn-keys-values +skipped .*no MLPs").And.Match("finetune-diff +skipped .*--model twice"));
        Assert.That(File.Exists(folder.At("all/qk-pairs/qk-pairs.csv")), Is.True);
        Assert.That(File.ReadAllText(folder.At("all/report.md")), Does.Contain("# ov-pairs"));
        Assert.That(Directory.Exists(folder.At("all/finetune-diff")), Is.False);
        Assert.That(File.Exists(folder.At("all/stitch/kept.csv")), Is.True, "a skipped analysis deletes nothing that was there before");
        Assert.That(Cli.Run("rerun", folder.At("all/ov-pairs")).Output, Is.EqualTo("ov-pairs: the same was found\n"), "one of all is run again alone");
    }

    [TestCase("ov-pairs")]
    [TestCase("hidden-projection")]
    public void Run_DeviceCuda_IsRefusedWithTheReasonWhereItDoesNotWork_ForEveryAnalysis(string plugin)
    {
        var works = Cli.Run("doctor").Output.Split('\n').Any(line => line.StartsWith("ok", StringComparison.Ordinal) && line.Contains("CUDA  "));
        var result = Cli.Run("run", "--plugin", plugin, "--device", "cuda", "--model", "tiny-gpt2", "--ids", "1,2", "--quiet");

        Assert.That(result.ExitCode, Is.EqualTo(works ? 0 : 2), result.Errors);
        Assert.That(result.Errors, works ? Is.Empty : Does.StartWith("pluginlens: --device cuda: "));
    }

    [TestCase("ov-pairs", true)]
    [TestCase("hidden-projection", false)]
    public void Run_PromptThatIsNotRead_IsSaid(string plugin, bool said)
    {
        var result = Cli.Run("run", "--plugin", plugin, "--model", "tiny-gpt2", "--prompt", "the old man");

        Assert.That(result.Output, said ? Does.Contain("warning: the analysis read no prompt: the one given made no difference") : Does.Not.Contain("warning"));
    }

    [Test]
    public void Run_Plan_SaysTheCostAndRunsNothing()
    {
        var result = Cli.Run("run", "--plugin", "ov-pairs", "--plan");

        Assert.That(result.ExitCode, Is.Zero);
        Assert.That(result.Output, Does.Contain("FLOP").And.Contain("pruning makes it less").And.Not.Contain("rank"));
        Assert.That(Cli.Run("run", "--plugin", "sim-k", "--plan").Output, Does.Contain("FLOP").And.Not.Contain("pruning"));
    }

    [Test]
    public void Run_PlanOfAll_AnswersForEveryAnalysis()
    {
        using var folder = new TemporaryFolder();
        var result = Cli.Run("run", "--plugin", "all", "--model", "tiny-gpt2", "--ids", "1,2,3", "--plan", "--out", folder.At("never"));

        Assert.That(result.ExitCode, Is.Zero, result.Errors);
        Assert.That(result.Output, Does.Match("ov-pairs +[0-9.]+ .FLOP").And.Match("isotropy +[0-9.]+ .FLOP").And.Match("rk-final +[0-9.]+ .FLOP").And.Match("stitch +.*--model twice").And.Not.Contain("cannot say"));
        Assert.That(Directory.Exists(folder.At("never")), Is.False);
    }

    [TestCase("sim-k", "--k", "0")]
    [TestCase("subheads", "--k", "-3")]
    [TestCase("ffn-keys-values", "--sample", "-1")]
    [TestCase("keep-k", "--k", "10,0")]
    [TestCase("finetune-diff", "--pool", "0")]
    public void Run_NumberBelowItsLeast_IsAUsageError(string plugin, string option, string value)
    {
        var result = Cli.Run(["run", "--plugin", plugin, option, value]);

        Assert.That((result.ExitCode, result.Output), Is.EqualTo((2, string.Empty)));
        Assert.That(result.Errors, Does.Contain($"{option} '").And.Contain("of at least"));
    }

    [Test]
    public void Run_AnotherModelFolder_ChangesTheAnswer()
    {
        using var folder = new TemporaryFolder();
        var model = folder.At("models/other");
        Directory.CreateDirectory(model);
        foreach (var file in Directory.GetFiles(Path.Combine(Cli.Root, "models", "onnx", "tiny-gpt2")))
        {
            File.Copy(file, Path.Combine(model, Path.GetFileName(file)));
        }

        var data = File.ReadAllBytes(Path.Combine(model, "model.onnx.data"));
        Array.Reverse(data, 0, 1 << 21);
        for (var at = 3; at < 1 << 21; at += 4)
        {
            data[at] = 0x3d; // keeps the reversed numbers small and finite
        }

        File.WriteAllBytes(Path.Combine(model, "model.onnx.data"), data);
        string Answer(params string[] where) => Cli.Run(["run", "--plugin", "ov-pairs", "--layer", "0", "--head", "0", "--format", "csv", .. where]).Output;

        Assert.That(Answer("--models", folder.At("models"), "--unverified-weights"), Is.Not.Empty.And.Not.EqualTo(Answer()));
    }
}
