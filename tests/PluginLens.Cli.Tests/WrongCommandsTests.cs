using System.Diagnostics;
using System.Text;

namespace PluginLens.Cli.Tests;

/// <summary>What a person types wrongly, and the one line that answers it: what was expected, what was found, what to do.</summary>
[Parallelizable(ParallelScope.Children)]
public sealed class WrongCommandsTests
{
    /// <summary>What no line says: the words of .NET mean nothing to who typed.</summary>
    private static readonly string[] Foreign = ["System.", "PluginLens.", "Exception", "Nullable", "   at ", "\t", "Unexpected", "Unrecognized", "Cannot parse"];

    /// <summary>Typed; AT is a folder of these tests, NEW one that is not there, ~ a space.</summary>
    private static readonly (string Typed, string Said)[] Lines =
    [
        // Commands and what belongs to them.
        ("rnu --plugin ov-pairs", "No command or analysis 'rnu'; did you mean 'run'?"),
        ("lsit", "did you mean 'list'?"),
        ("descrbie ov-pairs", "did you mean 'describe'?"),
        ("head-detecter", "did you mean 'head-detector'?"),
        ("nothing-like-it", "'pluginlens --help' shows the commands, 'pluginlens list' the analyses."),
        ("--verison", "Did not expect '--verison'; did you mean '--version'"),
        ("--verbsoe list", "did you mean '--verbose'?"),
        ("list extra", "Did not expect 'extra' after 'pluginlens list'; 'pluginlens list --help' shows how."),
        ("cache clera", "Did not expect 'clera' after 'pluginlens cache'; did you mean 'clear'?"),
        ("plugins", "'pluginlens plugins' needs one of install, remove, list;"),
        ("plugins instal AT/empty", "did you mean 'install'?"),
        ("plugins install", "'pluginlens plugins install' needs FOLDER|NUPKG; 'pluginlens plugins install --help' shows how."),
        ("describe", "'pluginlens describe' needs ANALYSIS;"),
        ("diff AT/empty", "'pluginlens diff' needs RUN_B;"),
        ("run", "'pluginlens run' needs --plugin ID;"),
        ("completion tcsh", "expected bash, zsh, fish, powershell"),

        // Names, case aside.
        ("describe ov-pair", "did you mean 'ov-pairs'?"),
        ("run --plugin OV-PIARS", "did you mean 'ov-pairs'"),
        ("ov-pairs --model Tiny-GTP2", "No model 'Tiny-GTP2'; did you mean 'tiny-gpt2'"),
        ("inspect tiny-gpt3", "did you mean 'tiny-gpt2'"),
        ("tokenize --model tiny-gtp2 --prompt hi", "did you mean 'tiny-gpt2'"),
        ("ov-pairs --modle tiny-gpt2", "Analysis 'ov-pairs' has no option --modle; did you mean '--model'"),
        ("ov-pairs --LAYER 1", "did you mean '--layer'?"),
        ("ov-pairs --lyaer 1", "did you mean '--layer'?"),
        ("ov-pairs -layer 1", "Did not expect '-layer' here; options begin with --."),
        ("ov-pairs —layer 1", "Did not expect '—layer' here; options begin with --."),
        ("ov-pairs layer 1", "Did not expect 'layer' here"),
        ("isotropy --kk 3", "Analysis 'isotropy' has no options; found --kk."),
        ("activations --model tiny-gpt2 --ids 1,2 --out NEW --hooks blocks.0.hook_resid_psot", "--hooks 'blocks.0.hook_resid_psot': no such hook in model 'tiny-gpt2'; did you mean 'blocks.0.hook_resid_post'"),
        ("activations --model tiny-gpt2 --ids 1,2 --out NEW --hooks BLOCKS.0.hook_z", "no such hook"),
        ("activations --model tiny-gpt2 --ids 1,2 --out NEW --weights embed.W_e", "did you mean 'embed.W_E'"),
        ("ablate --model tiny-gpt2 --ids 1,2 --hooks blocks.0.hook_resid_psot", "did you mean 'blocks.0.hook_resid_post'"),
        ("ov-pairs --model tiny-gpt2 --table ov-pear", "--table 'ov-pear': this run has ov-pairs."),

        // Values that lack, or are another option.
        ("ov-pairs --seed", "--seed needs a value: a whole number of at most 2147483647."),
        ("ov-pairs --seed --threads 2", "--seed needs a value: a whole number of at most 2147483647; found the option --threads (where that is the value: --seed=--threads)."),
        ("ov-pairs --out --force", "--out needs a value: FOLDER; found the option --force"),
        ("ov-pairs --out --layer 1", "--out needs a value: FOLDER; found the option --layer"),
        ("ov-pairs --prompt", "--prompt needs a value: TEXT."),
        ("attention --prompt --bos", "--prompt needs a value: TEXT; found the option --bos"),
        ("attention --model -m tiny-gpt2", "--model needs a value: NAME|FOLDER; found the option -m"),
        ("ov-pairs --device", "--device needs a value: auto, cpu, cuda."),
        ("ov-pairs --k --layer 0", "--k needs a value"),
        ("import ORG/NAME --file", "--file needs a value: PATTERN."),
        ("attention --model tiny-gpt2 --prompt ", "--prompt 1: the text has no tokens"),
        ("ov-pairs --out ", "--out is empty: name a folder."),
        ("run --plugin ", "No analysis ''"),
        ("ov-pairs --model ", "No model ''"),
        ("ov-pairs --models ", "--models '': no such folder."),
        ("list --plugins ", "--plugins '': no such folder."),

        // Values of another kind.
        ("ov-pairs --seed abc", "--seed 'abc': expected a whole number of at most 2147483647."),
        ("ov-pairs --seed 1.5", "--seed '1.5': expected a whole number"),
        ("ov-pairs --seed 99999999999", "--seed '99999999999': expected a whole number of at most 2147483647."),
        ("ov-pairs --threads -1", "--threads -1: expected 0 or a positive number."),
        ("ov-pairs --threads two", "--threads 'two': expected a whole number"),
        ("ov-pairs --rows x", "--rows 'x': expected a whole number"),
        ("ov-pairs --rows -2", "--rows -2: expected 0 or a positive number."),
        ("ov-pairs --device gpu", "--device 'gpu': expected auto, cpu, cuda."),
        ("ov-pairs --device 7", "--device '7': expected auto, cpu, cuda."),
        ("ov-pairs --format xml", "--format 'xml': expected table, csv, json, md."),
        ("ov-pairs --tables excel --out NEW", "--tables 'excel': expected csv, parquet, both."),
        ("ov-pairs --tables 1 --out NEW", "--tables '1': expected csv, parquet, both."),
        ("ov-pairs --figures gif --out NEW", "--figures 'gif': expected svg, png."),
        ("ov-pairs --timeout soon", "--timeout 'soon': expected a number."),
        ("ov-pairs --timeout 0", "--timeout takes a number of seconds"),
        ("ov-pairs --max-memory 12", "--max-memory '12': expected a size of at least 64m"),
        ("ov-pairs --seed 1 --seed 2", "--seed was given 2 times; it takes one value."),
        ("ov-pairs --quiet maybe", "Did not expect 'maybe' here"),
        ("ov-pairs --only-ascii maybe", "Did not expect 'maybe' here"),
        ("ov-pairs --k 1.5", "--k '1.5': expected int of at least 1."),
        ("ov-pairs --k 0", "--k '0': expected int of at least 1."),
        ("ov-pairs --layer 3-1", "--layer '3-1': Expected 'all', a number"),
        ("ov-pairs --model tiny-gpt2 --head 77", "--head 77: this model has heads 0 to 3."),
        ("ov-pairs --embedding inptu", "--embedding 'inptu': expected auto, input, output."),
        ("attention --model tiny-gpt2 --ids a,b", "--ids 'a,b': expected ids separated by commas such as 1,2,3; found 'a'."),
        ("attention --model tiny-gpt2 --ids 1 2", "Did not expect '2' here"),
        ("attention --model tiny-gpt2 --ids 1 --position 3", "--position 3: a prompt of 1 token has position 0 alone."),
        ("attention --model tiny-gpt2 --ids 1,2 --position 3", "--position 3: a prompt of 2 tokens has positions 0 to 1."),
        ("cache clear --limit lots", "--limit 'lots': expected a size"),
        ("convert AT/empty --to ods", "--to 'ods': expected xlsx, csv."),
        ("import AT/file AT/m --dtype int8", "--dtype 'int8': expected stored, float32, float16, bfloat16."),

        // Paths.
        ("ov-pairs --model AT/file", "copy or export the model again."),
        ("ov-pairs --model AT/empty", "is not a model folder: it holds no model.onnx."),
        ("ov-pairs --model AT/ü~é/", "is not a model folder"),
        ("ov-pairs --model AT/nope", "neither a folder nor a name"),
        ("models --models AT/nope", "no such folder."),
        ("models --models AT/file", "that is a file; expected a folder of model folders."),
        ("models --models AT/empty", "No models found"),
        ("list --plugins AT/file", "that is a file; expected a folder of plugins."),
        ("ov-pairs --out AT/file", "is a file; name a new folder."),
        ("ov-pairs --out AT/file/x", "/file' is a file; expected a folder."),
        ("ov-pairs --out AT/full", "is not empty, and holds no run"),
        ("ov-pairs --out /", "a run takes the place of its folder; name one below it."),
        ("ov-pairs --out LONG", "…"),
        ("ov-pairs --model LONG", "…"),
        ("attention --model tiny-gpt2 --prompts AT/nope.txt", "nope.txt'"),
        ("attention --model tiny-gpt2 --prompts AT/empty/", "is a folder: give a file in it"),
        ("attention --model tiny-gpt2 --prompts AT/file", "expected a .txt, .csv, .tsv or .jsonl file"),
        ("attention --model tiny-gpt2 --prompts AT/empty.txt", "holds no text."),
        ("ov-pairs --model tiny-gpt2 --only-from-list AT/empty", "is a folder; expected a regular file."),
        ("rerun AT/nope", "is not the folder of a run: it has no run.json; name the --out folder of one."),
        ("rerun AT/file", "is not the folder of a run"),
        ("diff AT/empty AT/nope", "is not the folder of a run: it has no run.json"),
        ("report AT/nope", "There is no folder"),
        ("figures AT/empty", "is not the folder of a run"),
        ("import AT/nope", "does not exist, and is not the name of a repository"),
        ("import AT/empty AT/m", "holds no .onnx file"),
        ("plugins install AT/nope", "does not exist: expected a plugin's folder"),
        ("inspect AT/file", "copy or export the model again."),
        ("verify AT/nope", "neither a folder nor a name"),

        // Encodings.
        ("attention --model tiny-gpt2 --prompts AT/utf16.txt", "line 1: holds NUL characters, so it is no UTF-8 text (UTF-16 has them); save it as UTF-8."),
        ("attention --model tiny-gpt2 --prompts AT/latin1.txt", "not valid UTF-8 text; save it as UTF-8."),
        ("attention --model tiny-gpt2 --prompt a\uFFFDb", "'a\uFFFDb' is no valid UTF-8: set the terminal to UTF-8, or put the text into a file"),

        // What contradicts itself, or lacks.
        ("ov-pairs --force", "--force is about the folder of --out; name it."),
        ("ov-pairs --isolate --trust", "are opposites"),
        ("ov-pairs --model tiny-gpt2 --model tiny-gpt2", "was given twice"),
        ("finetune-diff --model tiny-gpt2", "give --model twice."),
        ("logit-lens --model tiny-gpt2", "give --prompt TEXT, --prompts FILE or --ids 1,2,3."),
        ("run all", "add --out FOLDER."),
        ("tokenize --model tiny-gpt2", "give --prompt TEXT or --prompts FILE."),
    ];

    private static readonly TemporaryFolder Folder = new();

    private static IEnumerable<TestCaseData> Cases => Lines.Select(line => new TestCaseData(line.Typed, line.Said).SetArgDisplayNames(line.Typed));

    [OneTimeSetUp]
    public void Prepare()
    {
        foreach (var name in new[] { "empty", "full", "ü é", "read-only" })
        {
            Directory.CreateDirectory(Folder.At(name));
        }

        foreach (var (name, bytes) in new (string, byte[])[]
        {
            ("file", "hi"u8.ToArray()), ("full/mine.txt", "mine"u8.ToArray()), ("empty.txt", "\n \n"u8.ToArray()),
            ("utf16.txt", Encoding.Unicode.GetBytes("the man\n")), ("utf16-marked.txt", [0xFF, 0xFE, .. Encoding.Unicode.GetBytes("the man\n")]), ("latin1.txt", Encoding.Latin1.GetBytes("déjà vu\n")), ("utf8.txt", "the man\n"u8.ToArray()),
        })
        {
            File.WriteAllBytes(Folder.At(name), bytes);
        }
    }

    [OneTimeTearDown]
    public void TidyUp() => Folder.Dispose();

    [TestCaseSource(nameof(Cases))]
    public void WrongCommand_IsAnsweredInOneLine(string typed, string said)
    {
        string[] words = [.. typed.Split(' ').Select(word => word.Replace("AT", Folder.At("."), StringComparison.Ordinal).Replace('~', ' ').Replace("NEW", Folder.At(Guid.NewGuid().ToString("N")), StringComparison.Ordinal).Replace("LONG", new string('x', 5000), StringComparison.Ordinal))];

        var result = Cli.Run(words);

        Assert.That(result.Errors, Does.StartWith("pluginlens: ").And.EndsWith("\n").And.Contain(said));
        Assert.That(result.Errors.Count(letter => letter == '\n'), Is.EqualTo(1), result.Errors);
        Assert.That(result.Errors, Has.Length.LessThan(1500));
        Assert.That(Foreign.Where(word => result.Errors.Contains(word, StringComparison.Ordinal)), Is.Empty, result.Errors);
        Assert.That((result.ExitCode, result.Output), Is.EqualTo((2, string.Empty)));
    }

    [Test]
    public void Table_IsOfFortyAndMore() => Assert.That(Lines.Select(line => line.Typed).Distinct().Count(), Is.EqualTo(Lines.Length).And.GreaterThan(40));

    /// <summary>What is no error and hardly meant is said, once, and the command goes on.</summary>
    [TestCase("ov-pairs --plugins AT/empty", "", "--plugins 'AT/empty': no plugin is there; expected a folder of plugins, each a folder NAME with NAME.dll in it.")]
    [TestCase("list --plugins AT/empty/", "", "--plugins 'AT/empty/': no plugin is there; expected a folder of plugins, each a folder NAME with NAME.dll in it.")]
    [TestCase("ov-pairs --isolate", "PLUGINLENS_MODELS=AT/nope", "PLUGINLENS_MODELS 'AT/nope': no such folder; it is left out. Correct the variable, or unset it.")]
    [TestCase("models", "PLUGINLENS_MODELS=AT/file", "PLUGINLENS_MODELS 'AT/file': that is a file; it is left out. Correct the variable, or unset it.")]
    [TestCase("list", "PLUGINLENS_PLUGINS=AT/nope", "PLUGINLENS_PLUGINS 'AT/nope': no such folder; it is left out. Correct the variable, or unset it.")]
    public void Place_ThatIsNone_IsSaid(string typed, string variable, string said)
    {
        string Full(string text) => text.Replace("AT", Folder.At(string.Empty).TrimEnd('/'), StringComparison.Ordinal);
        string[] words = typed.Split(' ');
        string[] more = words[0] == "ov-pairs" ? ["--model", "tiny-gpt2", "--layer", "0", "--head", "0", "--k", "1"] : [];

        var result = Cli.RunIn(Cli.Root, [.. words.Select(Full), .. more], variable.Length == 0 ? new Dictionary<string, string>() : new() { [variable.Split('=')[0]] = Full(variable.Split('=')[1]) });

        Assert.That((result.ExitCode, result.Errors), Is.EqualTo((0, $"pluginlens: {Full(said)}\n")));
        Assert.That(result.Output, Is.Not.Empty);
    }

    [Test]
    public void Text_OfAnyEncodingThatSaysWhichItIs_IsTheSameText()
    {
        string Csv(params string[] prompts) => Cli.Run(["attention", "--model", "tiny-gpt2", "--layer", "0", "--head", "0", "--table", "attention", "--format", "csv", .. prompts]).Output;

        Assert.That(Csv("--prompts", Folder.At("utf16-marked.txt")), Is.EqualTo(Csv("--prompts", Folder.At("utf8.txt"))).And.EqualTo(Csv("--prompt", "the man")).And.Not.Empty);
    }

    /// <summary>A text that begins with @ names no file, and one that begins with hyphens can be given.</summary>
    [TestCase("--prompt", "@reader hi")]
    [TestCase("--prompt=--bos")]
    [TestCase("--prompt", "--- hi")]
    public void Text_ThatLooksLikeSomethingElse_IsRead(params string[] prompt)
    {
        var result = Cli.Run(["attention", "--model", "tiny-gpt2", "--layer", "0", "--head", "0", "--table", "attention", "--format", "csv", .. prompt]);

        Assert.That((result.ExitCode, result.Errors), Is.EqualTo((0, string.Empty)));
    }

    [TestCase("list | head -1 > /dev/null", "0\n")]
    [TestCase("ov-pairs --model tiny-gpt2 --rows 0 --k 1000 --format csv | head -1 > /dev/null", "[02]\n")]
    [TestCase("list >&-", "2\n")]
    [TestCase("ov-pairs --model tiny-gpt2 --k 1 --format json >&-", "2\n")]
    [TestCase("list > /dev/full", "2\n")]
    [TestCase("inspect tiny-gpt2 > /dev/full", "2\n")]
    [TestCase("run --help > /dev/full", "2\n")]
    [TestCase("no-such 2>&-", "2\n")]
    [TestCase("no-such 2> /dev/full", "2\n")]
    [TestCase("list 2>&- >&-", "2\n")]
    [TestCase("list <&- > /dev/null", "0\n")]
    [Platform("Linux")]
    public void Output_ThatIsClosedOrFull_IsAnExitCodeAndNoTrace(string line, string code)
    {
        using var shell = Process.Start(new ProcessStartInfo("bash", ["-c", $"dotnet '{Cli.Program}' {line}; echo ${{PIPESTATUS[0]}}"])
        {
            WorkingDirectory = Cli.Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = shell.StandardError.ReadToEndAsync();

        Assert.That(shell.StandardOutput.ReadToEnd(), Does.Match($"^{code}$"), errors.Result);
        Assert.That(errors.Result.Split('\n', StringSplitOptions.RemoveEmptyEntries), Has.Length.LessThanOrEqualTo(1).And.All.StartsWith("pluginlens: "));
        Assert.That(Foreign.Where(word => errors.Result.Contains(word, StringComparison.Ordinal)), Is.Empty, errors.Result);
    }

    /// <summary>No home, no cache folder, a working folder that cannot be written: a run needs none of them.</summary>
    [TestCase("HOME", "/proc/no-such")]
    [TestCase("XDG_CACHE_HOME", "/proc/no-such")]
    [Platform("Linux")]
    public void NoHome_IsNeeded(string variable, string value)
    {
        var environment = new Dictionary<string, string> { ["XDG_CACHE_HOME"] = string.Empty, ["XDG_DATA_HOME"] = string.Empty, [variable] = value };

        var run = Cli.RunIn("/proc", ["ov-pairs", "--model", Path.Combine(Cli.Root, "models", "onnx", "tiny-gpt2"), "--layer", "0", "--head", "0", "--k", "1"], environment);

        Assert.That((run.ExitCode, run.Errors), Is.EqualTo((0, string.Empty)));
        if (variable == "HOME")
        {
            var install = Cli.RunIn("/proc", ["plugins", "install", Path.Combine(Cli.Root, "artifacts", "fixtures", "Misbehaves")], environment);
            Assert.That((install.ExitCode, install.Errors), Is.EqualTo((2, "pluginlens: There is no home folder for your own plugins: set HOME, or XDG_DATA_HOME to a folder.\n")));
        }
    }

    /// <summary>The kernel's folders are nobody's to write, whoever runs the tests.</summary>
    [TestCase("ov-pairs --model tiny-gpt2 --out /proc/run", "--out '/proc/run': ")]
    [TestCase("report AT/full --out /proc/report.html", "holds no run")]
    [TestCase("import tests/Golden/plain-onnx/torch-gpt2 /proc/model", "'/proc/model'")]
    [Platform("Linux")]
    public void ReadOnlyFolder_IsNamed(string typed, string said) => WrongCommand_IsAnsweredInOneLine(typed, said);
}
