using PluginLens.Testing;

namespace PluginLens.Host.Tests;

public sealed class PromptReaderTests
{
    private static IReadOnlyList<Prompt> Read(PromptSource source) => PromptReader.Read(source, TestModels.Tiny);

    [Test]
    public void Read_TextsFilesAndIds_InThatOrder()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("texts.txt", " cat\n\n the cat!\n");

        var prompts = Read(new PromptSource { Texts = [" the"], Files = [file], Ids = ["1, 2,0"] });

        Assert.That(prompts.Select(prompt => prompt.Tokens), Is.EqualTo(new int[][] { [0], [1], [0, 1, 3], [1, 2, 0] }));
        Assert.That(prompts.Select(prompt => prompt.Text), Is.EqualTo([" the", " cat", " the cat!", null]));
    }

    [Test]
    public void Read_Beginning_StandsBeforeEveryTextOnceAndAloneWhereSpecialTokensAreNotAdded()
    {
        var model = new FakeModel(TestModels.Tiny.Config, new Beginning());

        int[] Read(bool special, bool beginning, string text) =>
            PromptReader.Read(new PromptSource { Texts = [text], AddSpecial = special, AddBeginning = beginning }, model)[0].Tokens;

        Assert.That(Read(special: true, beginning: false, "a"), Is.EqualTo(new[] { 1, 2 }));
        Assert.That(Read(special: false, beginning: true, "a"), Is.EqualTo(new[] { 0, 1 }));
        Assert.That(Read(special: true, beginning: true, "a"), Is.EqualTo(new[] { 0, 1, 2 }));
        Assert.That(Read(special: false, beginning: true, "<s>"), Is.EqualTo(new[] { 0 }));
        Assert.That(() => PromptReader.Read(new PromptSource { Texts = [" the"], AddBeginning = true }, TestModels.Tiny), Throws.TypeOf<UsageException>().With.Message.Contains("--bos"));
    }

    [Test]
    public void Read_TextWithoutReadableTokenizer_SaysWhyAndIdsWork()
    {
        var model = new FakeModel(TestModels.Tiny.Config, new Unread());

        Assert.That(() => PromptReader.Read(new PromptSource { Texts = ["a"] }, model), Throws.TypeOf<UsageException>().With.Message.Contains("no such class"));
        Assert.That(PromptReader.Read(new PromptSource { Ids = ["1,2"] }, model)[0].Tokens, Is.EqualTo(new[] { 1, 2 }));
        Assert.That(() => new TokenFilter { OnlyAscii = true }.Mask(model), Throws.TypeOf<UsageException>().With.Message.Contains("no such class"));
        Assert.That(() => TokenFilter.SameTextClasses(model), Throws.TypeOf<UsageException>().With.Message.Contains("no such class"));
        Assert.That(new TokenFilter().Mask(model), Is.Null);
    }

    [Test]
    public void Read_Csv_TakesTextAndLabelByHeader()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("texts.csv", "id,Label,text\n1,pos,\" the\n cat\"\n2,neg,!\n".Replace("the\n cat", "the cat"));

        var prompts = Read(new PromptSource { Files = [file] });

        Assert.That(prompts.Select(prompt => (prompt.Text, prompt.Label)), Is.EqualTo([(" the cat", "pos"), ("!", "neg")]));
    }

    [Test]
    public void Read_Jsonl_TakesTextAndLabel()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("texts.jsonl", "{\"text\":\" cat\",\"label\":1}\n{\"text\":\"!\"}\n");

        var prompts = Read(new PromptSource { Files = [file] });

        Assert.That(prompts.Select(prompt => (prompt.Text, prompt.Label)), Is.EqualTo([(" cat", "1"), ("!", null)]));
    }

    [TestCase("a.csv", "body\nx\n", "expected a header line with a 'text' column")]
    [TestCase("a.csv", "", "expected a header line with a 'text' column")]
    [TestCase("a.csv", "label,text\nx\n", "line 2: no 'text' field")]
    [TestCase("a.csv", "text\n the\n\"open\n", "not CSV that can be read")]
    [TestCase("a.jsonl", "{\"text\":\"!\"}\nnonsense\n", "line 2: expected one JSON object a line")]
    [TestCase("a.jsonl", "{\"text\":7}\n", "line 1: expected an object with a \"text\" string")]
    [TestCase("a.xml", "<x/>", "expected a .txt, .csv, .tsv or .jsonl file (or - for standard input), found '.xml'")]
    [TestCase("a.txt", "\n\n", "holds no text")]
    public void Read_BrokenFile_IsOneLineWithItsPlace(string name, string content, string message)
    {
        using var folder = new TemporaryFolder();
        var file = folder.File(name, content);

        Assert.That(() => Read(new PromptSource { Files = [file] }), Throws.TypeOf<UsageException>().With.Message.Contains(message).And.Message.Not.Contains("\n"));
    }

    [Test]
    public void Read_NotUtf8_IsRefused()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("a.txt", string.Empty);
        File.WriteAllBytes(file, [0x63, 0xE9, 0x0A]);

        Assert.That(() => Read(new PromptSource { Files = [file] }), Throws.TypeOf<UsageException>().With.Message.Contains("not valid UTF-8"));
    }

    [Test]
    public void Read_MissingFile_IsRefused()
    {
        Assert.That(() => Read(new PromptSource { Files = ["/no/such.txt"] }), Throws.TypeOf<UsageException>().With.Message.StartsWith("--prompts '/no/such.txt': "));
    }

    [TestCase("1,x", "expected ids separated by commas such as 1,2,3; found 'x'")]
    [TestCase("1,-2", "found '-2'")]
    [TestCase("", "found ''")]
    [TestCase("1,6", "id 6 is not in the vocabulary of model 'fake' (0 to 5)")]
    [TestCase("0,0,0,0,0,0,0,0,0", "9 tokens; model 'fake' reads at most 8")]
    public void Read_BadIds_SaysWhat(string ids, string message)
    {
        Assert.That(() => Read(new PromptSource { Ids = [ids] }), Throws.TypeOf<UsageException>().With.Message.Contains(message));
    }

    [Test]
    public void Read_LongTextOfAFile_IsCutAndMarked_AndALongPromptIsRefused()
    {
        using var folder = new TemporaryFolder();
        var text = string.Concat(Enumerable.Repeat(TestModels.Tiny.Tokenizer!.Text(1), 12));
        var prompts = Read(new PromptSource { Files = [folder.File("long.txt", $"{text}\n{TestModels.Tiny.Tokenizer.Text(1)}\n")] });

        Assert.That(prompts.Select(prompt => (prompt.Tokens.Length, prompt.IsCut)), Is.EqualTo(new[] { (8, true), (1, false) }));
        Assert.That(() => Read(new PromptSource { Texts = [text] }), Throws.TypeOf<UsageException>().With.Message.Contains("reads at most 8"));
    }

    [Test]
    public void Read_TextOfExactlyTheContext_IsNotCut()
    {
        using var folder = new TemporaryFolder();
        var text = string.Concat(Enumerable.Repeat(TestModels.Tiny.Tokenizer!.Text(1), TestModels.Tiny.Config.NCtx));

        var prompt = Read(new PromptSource { Files = [folder.File("full.txt", text)] }).Single();

        Assert.That((prompt.Tokens.Length, prompt.IsCut), Is.EqualTo((8, false)));
        Assert.That(Read(new PromptSource { Texts = [text], Ids = ["0,0,0,0,0,0,0,0"] }).Select(read => (read.Tokens.Length, read.IsCut)), Is.All.EqualTo((8, false)));
    }

    [Test]
    public void Read_EmptyPrompt_IsRefused()
    {
        Assert.That(() => Read(new PromptSource { Texts = [string.Empty] }), Throws.TypeOf<UsageException>().With.Message.EqualTo("--prompt 1: the text has no tokens; give at least one."));
    }

    [Test]
    public void Read_ModelWithoutTokenizer_AsksForIds()
    {
        Assert.That(
            () => PromptReader.Read(new PromptSource { Texts = ["x"] }, TestModels.Tiny.WithTokenizer(null)),
            Throws.TypeOf<UsageException>().With.Message.Contains("give --ids"));
    }

    [Test]
    public void TextFile_IsReadTextAfterText()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("texts.jsonl", "{\"text\": \"a\"}\n{\"text\": \"b\"}\nno JSON\n");

        Assert.That(TextFile.Read(file).Take(2).Select(row => row.Text), Is.EqualTo(["a", "b"]));
        Assert.That(() => TextFile.Read(file).Count(), Throws.TypeOf<UsageException>().With.Message.Contains("line 3"));
    }

    [Test]
    public void PromptHash_DependsOnTextLabelAndIds()
    {
        Prompt[] prompts = [new("a", [1]), new("b", [1]), new("a", [2]), new("a", [1], "x")];

        Assert.That(prompts.Select(prompt => PromptHash.Of([prompt])).Distinct().Count(), Is.EqualTo(4));
        Assert.That(PromptHash.Of([]), Is.Null);
    }

    /// <summary>Ends every text by default; its beginning token is never added by itself.</summary>
    private sealed class Beginning : ModelTokenizer
    {
        public override int Count => 6;

        public override int? BosId => 0;

        public override int[] Encode(string text, bool addSpecial = false) => [text == "<s>" ? 0 : 1, .. addSpecial ? [2] : Array.Empty<int>()];

        public override string Decode(IReadOnlyList<int> ids) => string.Join(' ', ids);

        public override string? Piece(int id) => $"{id}";

        public override bool IsSpecial(int id) => id is 0 or 2;
    }

    private sealed class Unread : ModelTokenizer
    {
        public override int Count => 6;

        public override string? Unreadable => "no such class";

        public override int[] Encode(string text, bool addSpecial = false) => throw new UsageException(Unreadable!);

        public override string Decode(IReadOnlyList<int> ids) => string.Join(' ', ids);

        public override string? Piece(int id) => null;

        public override bool IsSpecial(int id) => false;
    }
}
