namespace PluginLens.Host.Tests;

public sealed class OptionsBinderTests
{
    public enum Shade
    {
        PaleBlue,
        Red,
    }

    public record Base
    {
        [Help("Only ASCII.")]
        public bool OnlyAscii { get; init; }

        public bool Biases { get; init; } = true;
    }

    public sealed record Options : Base
    {
        [Help("How many.")]
        public int TopK { get; init; } = 5;

        public long Big { get; init; }

        public double Temperature { get; init; } = 0.5;

        public float? Cut { get; init; }

        public string? Name { get; init; }

        public Shade Shade { get; init; } = Shade.Red;

        public Selection Layer { get; init; } = Selection.All;

        public string[] Words { get; init; } = [];

        public IReadOnlyList<int> Ids { get; init; } = [7];

        [AtLeast(1)]
        public int Rank { get; init; } = 1;

        [AtLeast(0.5)]
        public double[] Shares { get; init; } = [];
    }

    private static Options Bind(params string?[] pairs) => (Options)OptionsBinder.Bind(typeof(Options), "test", pairs.Chunk(2).Select(pair => KeyValuePair.Create(pair[0]!, pair[1])));

    [Test]
    public void Bind_Nothing_GivesTheInitialisers() => Assert.That(Bind(), Is.EqualTo(new Options { Ids = Bind().Ids, Words = Bind().Words }).Using<Options>((left, right) => left.ToString() == right.ToString()));

    [TestCase("rank", "0", "--rank '0': expected int of at least 1.")]
    [TestCase("rank", "-3", "--rank '-3': expected int of at least 1.")]
    [TestCase("shares", "0.5,0.4", "--shares '0.4': expected number,number,.. of at least 0.5.")]
    public void Bind_BelowTheLeast_IsRefused(string name, string text, string message) =>
        Assert.That(() => Bind(name, text), Throws.TypeOf<UsageException>().With.Message.EqualTo(message));

    [Test]
    public void Bind_AtTheLeast_Passes() => Assert.That((Bind("rank", "1").Rank, Bind("shares", "0.5,2").Shares), Is.EqualTo((1, new[] { 0.5, 2 })));

    [TestCase("pale_blue")]
    [TestCase("PaleBlue")]
    [TestCase("PALE-BLUE")]
    public void Bind_Enumeration_LettersCountAlone(string text) => Assert.That(Bind("shade", text).Shade, Is.EqualTo(Shade.PaleBlue));

    [Test]
    public void Bind_EveryType_Parses()
    {
        var options = Bind("top-k", "7", "big", "-9000000000", "temperature", "1e-3", "cut", "2.5", "name", "a b", "shade", "pale-blue", "layer", "0,2-4", "only-ascii", null, "biases", "false");

        Assert.That(options.TopK, Is.EqualTo(7));
        Assert.That(options.Big, Is.EqualTo(-9000000000));
        Assert.That(options.Temperature, Is.EqualTo(0.001));
        Assert.That(options.Cut, Is.EqualTo(2.5f));
        Assert.That(options.Name, Is.EqualTo("a b"));
        Assert.That(options.Shade, Is.EqualTo(Shade.PaleBlue));
        Assert.That(options.Layer.Of(6, "layer"), Is.EqualTo([0, 2, 3, 4]));
        Assert.That(options.OnlyAscii);
        Assert.That(options.Biases, Is.False);
    }

    [Test]
    public void Bind_Lists_RepeatOrComma()
    {
        var options = Bind("words", "a, b", "words", "c", "ids", "1,2");

        Assert.That(options.Words, Is.EqualTo(["a", "b", "c"]));
        Assert.That(options.Ids, Is.EqualTo([1, 2]));
    }

    [TestCase("top-k", "many", "--top-k 'many': expected int.")]
    [TestCase("top-k", "1.5", "--top-k '1.5': expected int.")]
    [TestCase("top-k", "99999999999", "--top-k '99999999999': expected int.")]
    [TestCase("top-k", null, "--top-k needs a value (int).")]
    [TestCase("temperature", "NaN", "--temperature 'NaN': expected number.")]
    [TestCase("temperature", "1,5", "--temperature '1,5': expected number.")]
    [TestCase("shade", "blue", "--shade 'blue': expected pale-blue, red.")]
    [TestCase("shade", "1", "--shade '1': expected pale-blue, red.")]
    [TestCase("only-ascii", "maybe", "--only-ascii 'maybe': expected flag.")]
    [TestCase("layer", "x", "--layer 'x': Expected 'all', a number, or numbers and ranges such as '0,2-4'; found 'x'.")]
    [TestCase("ids", "1,x", "--ids 'x': expected int,int,...")]
    public void Bind_Malformed_SaysWhatWasExpected(string name, string? value, string message)
    {
        Assert.That(() => Bind(name, value), Throws.TypeOf<UsageException>().With.Message.EqualTo(message));
    }

    [Test]
    public void Bind_WordList_ReadsTheFileOrSaysWhyNot()
    {
        var path = Path.Combine(TestContext.CurrentContext.WorkDirectory, "words.txt");
        File.WriteAllText(path, "Cat \n\n dog\n");
        TokenFilter Read(string file) => (TokenFilter)OptionsBinder.Bind(typeof(TokenFilter), "test", [KeyValuePair.Create("only-from-list", (string?)file)]);

        Assert.That(Read(path).OnlyFromList!.Contains(" cat"));
        Assert.That(Read(path).OnlyFromList!.Count, Is.EqualTo(2));
        Assert.That(OptionsBinder.ToData(Read(path))["only_from_list"], Is.EqualTo(path));
        Assert.That(() => Read(path + ".gone"), Throws.TypeOf<UsageException>().With.Message.Contains($"--only-from-list '{path}.gone': Could not find file"));
    }

    [Test]
    public void Bind_ScalarTwice_IsRefused()
    {
        Assert.That(() => Bind("top-k", "1", "top-k", "2"), Throws.TypeOf<UsageException>().With.Message.EqualTo("--top-k was given 2 times; it takes one value (int)."));
    }

    [Test]
    public void Bind_Unknown_ListsTheKnownAndSuggests()
    {
        Assert.That(() => Bind("topk", "1"), Throws.TypeOf<UsageException>().With.Message.EqualTo(
            "Analysis 'test' has no option --topk; did you mean '--top-k'? Known: --top-k, --big, --temperature, --cut, --name, --shade, --layer, --words, --ids, --rank, --shares, --only-ascii, --biases."));
    }

    [Test]
    public void OptionInfo_TellsNamesTypesDefaultsAndHelp()
    {
        var info = OptionInfo.Of(typeof(Options)).ToDictionary(option => option.Name);

        Assert.That(info["top-k"].TypeWord, Is.EqualTo("int"));
        Assert.That(info["top-k"].Default, Is.EqualTo("5"));
        Assert.That(info["top-k"].Help, Is.EqualTo("How many."));
        Assert.That(info["shade"].Default, Is.EqualTo("red"));
        Assert.That(info["shade"].Allowed, Is.EqualTo(["pale-blue", "red"]));
        Assert.That(info["layer"].TypeWord, Is.EqualTo("selection"));
        Assert.That(info["layer"].Default, Is.EqualTo("all"));
        Assert.That(info["only-ascii"].IsFlag);
        Assert.That(info["biases"].Default, Is.EqualTo("true"));
        Assert.That(info["ids"].Default, Is.EqualTo("7"));
        Assert.That(info["name"].Default, Is.Empty);
    }

    [Test]
    public void ToData_IsPlainAndSnakeCase()
    {
        var data = OptionsBinder.ToData(Bind("shade", "pale-blue", "words", "a,b"));

        Assert.That(data["top_k"], Is.EqualTo(5));
        Assert.That(data["shade"], Is.EqualTo("pale-blue"));
        Assert.That(data["layer"], Is.EqualTo("all"));
        Assert.That(data["words"], Is.EqualTo(new object[] { "a", "b" }));
        Assert.That(data["cut"], Is.Null);
    }

    private sealed class NoOptions : IAnalysis
    {
        public void Run(AnalysisContext context)
        {
        }
    }

    [Test]
    public void Bind_AnalysisWithoutOptions_RefusesAny()
    {
        Assert.That(OptionsBinder.Bind(InlinePlugin.Of<NoOptions>(), []), Is.Null);
        Assert.That(() => OptionsBinder.Bind(InlinePlugin.Of<NoOptions>(), [KeyValuePair.Create("k", (string?)"1")]), Throws.TypeOf<UsageException>().With.Message.EqualTo("Analysis 'inline' has no options; found --k."));
    }
}
