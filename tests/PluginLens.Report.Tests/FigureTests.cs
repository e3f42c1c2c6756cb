using Microsoft.Playwright;

namespace PluginLens.Report.Tests;

/// <summary>What the views of figures show, and what pointing, clicking and keys do to them.</summary>
public sealed class FigureTests
{
    private const string Heads = "[id$='heads-attention-0']", Lens = "[id$='-lens-0']";

    [Test]
    public async Task EveryAnalysis_IsDrawn_AndFitsANarrowWindowToo()
    {
        await using var report = await Browser.Open(Browser.AllReport);
        var runs = Directory.GetDirectories(Browser.All).Where(folder => File.Exists(Path.Combine(folder, "run.json"))).Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal).ToList();
        Assert.That(runs, Has.Count.GreaterThan(35));

        await report.Page.EvaluateAsync("async () => { for (const element of [...waiting.keys()]) { await show(element); } }");

        Assert.That((await report.Texts("article > h2")).Select(title => title.Split(' ')[0]), Is.EqualTo(runs));
        Assert.That(await report.Page.Locator(".figure:not(.drawn), .tablebox:not(.drawn)").CountAsync(), Is.Zero);
        var empty = await report.Page.EvaluateAsync<string[]>("[...document.querySelectorAll('.figure')].filter(figure => ![...figure.querySelectorAll('canvas')].some(canvas => canvas.width > 1 && canvas.height > 1) && !figure.querySelector('.texts li, .list li')).map(figure => figure.id)");
        Assert.That(empty, Is.Empty);
        Assert.That(await report.Page.Locator("main").InnerTextAsync(), Does.Not.Contain("[object"));
        await report.Page.SetViewportSizeAsync(390, 800);
        Assert.That(await report.Page.EvaluateAsync<int>("document.documentElement.scrollWidth"), Is.LessThanOrEqualTo(390));
    }

    [Test]
    public async Task Heads_ArePreviewedByThePointer_AndKeptByAClick()
    {
        await using var report = await Browser.Open(Browser.AllReport);
        var grid = await report.Drawn(Heads);
        var title = grid.Locator(".large h4");

        Assert.That(await report.Texts($"{Heads} .head span"), Is.EqualTo(Enumerable.Range(0, 16).Select(at => $"L{at / 4}H{at % 4}")));
        Assert.That(await title.TextContentAsync(), Is.EqualTo("Attention of L0H0 in prompt 0"));
        await grid.Locator(".head").Nth(6).HoverAsync();
        Assert.That(await title.TextContentAsync(), Is.EqualTo("Attention of L1H2 in prompt 0"));
        await report.Page.Mouse.MoveAsync(2, 2);
        Assert.That(await title.TextContentAsync(), Is.EqualTo("Attention of L0H0 in prompt 0"));
        await grid.Locator(".head").Nth(6).ClickAsync();
        await report.Page.Mouse.MoveAsync(2, 2);
        Assert.That(await title.TextContentAsync(), Is.EqualTo("Attention of L1H2 in prompt 0"));
        Assert.That(await grid.Locator(".head").Nth(6).GetAttributeAsync("aria-selected"), Is.EqualTo("true"));

        var colors = await report.Page.EvaluateAsync<string[]>("selector => [...document.querySelectorAll(`${selector} .head`)].map(head => getComputedStyle(head).borderColor)", Heads);
        Assert.That(colors.Distinct().Count(), Is.EqualTo(16));
    }

    [Test]
    public async Task Attention_HasDestination0AtTheTop_MaskedCellsWithoutValue_AndRepeatedTokensApart()
    {
        await using var report = await Browser.Open(Browser.AllReport);
        await report.Drawn(Heads);
        await report.Drawn($"{Heads} .figure");

        await report.PointAt($"{Heads} .figure", 0, 1);
        Assert.That(await report.Texts(".tip dd"), Is.EqualTo(new[] { "T (0)", "he (1)", "N/A" }));
        await report.PointAt($"{Heads} .figure", 1, 0);
        Assert.That((await report.Texts(".tip dd")).Take(2), Is.EqualTo(new[] { "he (1)", "T (0)" }));
        var labels = await report.Page.EvaluateAsync<string[]>("figure => matrices.find(matrix => document.querySelector(figure).contains(matrix.element)).spec.x", $"{Heads} .figure");
        Assert.That(labels.Where(label => label.StartsWith("·cat ", StringComparison.Ordinal)).Distinct().Count(), Is.EqualTo(2));
        Assert.That(labels, Is.Unique);
    }

    [Test]
    public async Task AttentionOverText_ShadesWhatATokenAttendsTo()
    {
        await using var report = await Browser.Open(Browser.AllReport);
        await report.Drawn(Heads);
        await report.Drawn($"{Heads} .overtext");
        var tokens = report.Page.Locator($"{Heads} .overtext .token");

        await tokens.Nth(0).HoverAsync();
        Assert.That(await tokens.Nth(0).GetAttributeAsync("title"), Is.EqualTo("T (0): 1.0000"));
        Assert.That(await tokens.Nth(1).GetAttributeAsync("title"), Does.EndWith(": N/A"));
        await report.Page.Locator($"{Heads} .overtext button").ClickAsync();
        await tokens.Nth(0).HoverAsync();
        Assert.That(await tokens.Nth(1).GetAttributeAsync("title"), Does.Match(@"^he \(1\): 0\.\d{4}$"));
    }

    [Test]
    public async Task LensTable_HasTheOutputAtTheTop_AndTheBestWordsUnderThePointer()
    {
        await using var report = await Browser.Open(Browser.AllReport);
        await report.Drawn(Lens);

        await report.PointAt(Lens, 0, 2);
        Assert.That((await report.Texts(".tip dt"))[0], Is.EqualTo("after layer"));
        Assert.That((await report.Texts(".tip dd"))[0], Is.EqualTo("3"));
        var words = await report.Texts(".tip .ranks span");
        Assert.That(words, Has.Count.GreaterThanOrEqualTo(5));
        Assert.That(words.Select(double.Parse), Is.Ordered.Descending);
        Assert.That((await report.Texts(".tip dd"))[3], Is.EqualTo(words[0]));

        await report.PointAt(Lens, 4, 2);
        Assert.That((await report.Texts(".tip dd"))[0], Is.EqualTo("embed"));
    }

    [Test]
    public async Task Keys_MoveFromCellToCell_AndSayWhereTheyAre()
    {
        await using var report = await Browser.Open(Browser.AllReport);
        var figure = await report.Drawn(Lens);
        await figure.Locator(".view").FocusAsync();

        await report.Page.Keyboard.PressAsync("ArrowRight");
        await report.Page.Keyboard.PressAsync("ArrowRight");
        await report.Page.Keyboard.PressAsync("ArrowDown");
        Assert.That(await figure.Locator(".status").TextContentAsync(), Does.StartWith("after layer 2, token he (1): "));
        await report.Page.Keyboard.PressAsync("Escape");
        Assert.That(await figure.Locator(".status").TextContentAsync(), Is.Empty);
    }

    [Test]
    public async Task ClickedCell_StaysWhenThePointerGoes()
    {
        await using var report = await Browser.Open(Browser.AllReport);
        var figure = await report.Drawn(Lens);

        await report.PointAt(Lens, 1, 1, click: true);
        await report.Page.Mouse.MoveAsync(2, 2);
        Assert.That(await figure.Locator(".status").TextContentAsync(), Does.Contain("kept"));
    }

    [Test]
    public async Task Scales_OfLogarithms_AndForTheColourBlind_AreOtherColours()
    {
        await using var report = await Browser.Open(Browser.AllReport);
        const string Figure = "[id$='-target-0']";
        var figure = await report.Drawn(Figure);
        Task<string> Colours() => report.Page.EvaluateAsync<string>("figure => { const matrix = matrices.find(matrix => document.querySelector(figure).contains(matrix.element)); const { rows, columns, color, value } = matrix.spec; return Array.from({ length: rows * columns }, (_, at) => color(value(Math.floor(at / columns), at % columns))).join(';'); }", Figure);

        var plain = await Colours();
        await figure.Locator("button", new() { HasTextString = "log" }).ClickAsync();
        var logarithmic = await Colours();
        await report.Page.ClickAsync("#safe");
        var safe = await Colours();

        Assert.That(new[] { plain, logarithmic, safe }, Is.Unique);
        Assert.That(await report.Page.GetAttributeAsync("#safe", "aria-pressed"), Is.EqualTo("true"));
    }

    [Test]
    public async Task Alignment_FramesTheAssignment()
    {
        await using var report = await Browser.Open(Browser.OtherReport);
        await report.Drawn("[id$='similarity-w-k']");

        var marked = await report.Page.EvaluateAsync<int[]>("() => { const { spec } = matrices.find(matrix => document.querySelector('[id$=similarity-w-k]').contains(matrix.element)); return Array.from({ length: spec.rows }, (_, row) => Array.from({ length: spec.columns }, (_, column) => column).filter(column => spec.isMarked(row, column)).length); }");

        Assert.That(marked, Is.EqualTo(new[] { 1, 1, 1, 1 }));
        Assert.That(await report.Page.Locator("[id$='similarity-w-k'] .legend").TextContentAsync(), Does.Contain("red frames: the assignment"));
    }

    [Test]
    public async Task NeuronTexts_ShadeTheTokens_AndFrameTheOneThatCounts()
    {
        await using var report = await Browser.Open(Browser.OtherReport);
        var figure = await report.Drawn("[id$='neuron-l0n3']");

        var lines = await figure.Locator(".texts > li").CountAsync();
        Assert.That(lines, Is.GreaterThan(1));
        Assert.That(await figure.Locator(".token.peak").CountAsync(), Is.EqualTo(lines));
        Assert.That(await figure.Locator(".token.peak").First.GetAttributeAsync("style"), Does.Contain("background-color: rgba("));
    }

    [Test]
    public async Task NeuronPage_ListsTheWordsOfTheNeuronChosen_WithActivationsOverTheText()
    {
        await using var report = await Browser.Open(Browser.AllReport);
        const string Neurons = ".neurons[id$='neurons-words']:has(.activations)";
        var page = await report.Drawn(Neurons);
        Task<IReadOnlyList<string>> Words() => report.Texts($"{Neurons} .list .chip");

        Assert.That(await report.Texts($"{Neurons} h5"), Is.EqualTo(new[] { "input", "output" }));
        var first = await Words();
        await page.Locator("select").SelectOptionAsync(new SelectOptionValue { Index = 1 });
        Assert.That(await Words(), Is.Not.EqualTo(first));
        Assert.That(await page.Locator(".activations .token").CountAsync(), Is.GreaterThan(5));
    }

    [Test]
    public async Task Downloads_AreThePicturesThatTheProgramDraws()
    {
        await using var report = await Browser.Open(Browser.AllReport);
        var figure = await report.Drawn(Lens);
        var stored = new StringWriter { NewLine = "\n" };
        Pictures.FigureSvg.Write(Host.StoredFigure.Read(Path.Combine(Browser.All, "logit-lens", "figures", "lens-0.json")), stored);

        var svg = await report.Page.RunAndWaitForDownloadAsync(() => figure.Locator("button", new() { HasTextString = "SVG" }).ClickAsync());
        Assert.That(svg.SuggestedFilename, Is.EqualTo("logit-lens-lens-0.svg"));
        Assert.That(await File.ReadAllTextAsync(await svg.PathAsync()), Is.EqualTo(stored.ToString()));

        var png = await report.Page.RunAndWaitForDownloadAsync(() => figure.Locator("button", new() { HasTextString = "PNG" }).ClickAsync());
        var bytes = await File.ReadAllBytesAsync(await png.PathAsync());
        Assert.That(bytes[1..4], Is.EqualTo("PNG"u8.ToArray()));
        Assert.That(bytes, Has.Length.GreaterThan(5_000));
    }
}
