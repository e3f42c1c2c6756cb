using Microsoft.Playwright;

namespace PluginLens.Report.Tests;

/// <summary>The page as a whole: contents, themes, paper, narrow windows, texts that want to be code.</summary>
public sealed class PageTests
{
    [Test]
    public async Task Theme_IsThatOfTheSystem_UntilItIsSwitched()
    {
        await using var report = await Browser.Open(Browser.AllReport);
        Task<string> Paper() => report.Page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor");
        await report.Drawn("[data-kind=chart]");

        Assert.That(await Paper(), Is.EqualTo("rgb(246, 247, 249)"));
        await report.Page.ClickAsync("#theme");
        Assert.That(await Paper(), Is.EqualTo("rgb(20, 23, 27)"));
        Assert.That(await report.Page.TextContentAsync("#theme"), Does.Contain("light"));
        Assert.That(await report.Page.EvaluateAsync<string>("echarts.getInstanceByDom(document.querySelector('.chart')).getOption().xAxis[0].axisLabel.color"), Is.EqualTo("#e6e9ee"));
    }

    [Test]
    public async Task Contents_LeadToFiguresAndTables()
    {
        await using var report = await Browser.Open(Browser.AllReport);

        var link = report.Page.Locator("nav a[href$='table-stream-table']");
        await report.Page.EvaluateAsync("document.querySelectorAll('nav details').forEach(details => details.open = true)");
        await link.ClickAsync();

        await Assertions.Expect(report.Page.Locator("[id$='table-stream-table']")).ToBeInViewportAsync();
        var dead = await report.Page.EvaluateAsync<string[]>("[...document.querySelectorAll('nav a')].map(link => link.hash).filter(hash => !document.getElementById(hash.slice(1)))");
        Assert.That(dead, Is.Empty);
    }

    [Test]
    public async Task Provenance_SaysHowItWasRun()
    {
        await using var report = await Browser.Open(Browser.AllReport);
        var details = report.Page.Locator("article:has(> [id$='table-logit-lens']) .provenance");

        await details.Locator("summary").ClickAsync();

        await Assertions.Expect(details).ToContainTextAsync("pluginlens run --plugin all --model tiny-gpt2");
        await Assertions.Expect(details).ToContainTextAsync("tiny-gpt2, gpt2, weights verified");
        await Assertions.Expect(details.Locator(".prompts li")).ToHaveTextAsync("The cat sat on the mat and the cat");
    }

    [Test]
    public async Task Paper_HasPlainTables_AndNoButtons()
    {
        await using var report = await Browser.Open(Browser.OtherReport);
        await report.Page.EvaluateAsync("window.print = () => dispatchEvent(new Event('beforeprint'))");
        await report.Page.ClickAsync("#print");
        await report.Page.WaitForFunctionAsync("() => document.querySelectorAll('table.paper').length > 4");

        await report.Page.EmulateMediaAsync(new() { Media = Media.Print });

        await Assertions.Expect(report.Page.Locator("[id$='table-tokens'] table.paper")).ToBeVisibleAsync();
        await Assertions.Expect(report.Page.Locator("[id$='table-tokens'] .tabulator")).ToBeHiddenAsync();
        await Assertions.Expect(report.Page.Locator("#print")).ToBeHiddenAsync();
    }

    [Test]
    public async Task HostileTexts_AreShownAsTheyAre()
    {
        await using var report = await Browser.Open(Browser.OtherReport);
        await report.Page.EvaluateAsync("async () => { for (const element of [...waiting.keys()]) { await show(element); } }");
        string[] shown = [.. HostileRun.Tokens.Select(token => token.Shown)];

        Assert.That(await report.Texts("[id$='table-tokens'] .chip"), Is.EqualTo(shown));

        // UTF-8 has no half pairs, so a stored run has none either; the page would show them all the same.
        Assert.That(await report.Page.EvaluateAsync<string>("visible('\\ud800x', true)"), Is.EqualTo("\\u{D800}x"));
        Assert.That(await report.Page.EvaluateAsync<string[]>("() => { const { spec } = matrices.find(matrix => document.querySelector('[id$=-grid]').contains(matrix.element)); return Array.from({ length: spec.columns }, (_, column) => spec.text(0, column)); }"), Is.EqualTo(shown));
        for (var column = 0; column < shown.Length; column++)
        {
            await report.Page.EvaluateAsync("column => { const { spec } = matrices.find(matrix => document.querySelector('[id$=-grid]').contains(matrix.element)); tip.show(9, 9, ...spec.tip(0, column)); }", column);
            Assert.That((await report.Texts(".tip .ranks code"))[0], Is.EqualTo(shown[column]));
        }

        var lines = await report.Texts(".run:last-child .lines li");
        Assert.That(lines, Is.EqualTo(new[] { "\\u{202E}warning", "<script>alert(5)</script>" }));
        Assert.That(await report.Page.Locator("script").CountAsync(), Is.EqualTo(await report.Page.Locator("script[type='text/plain']").CountAsync() + 2));
        Assert.That(await report.Page.Locator("main img, main b, main i:not([class]):not([style])").CountAsync(), Is.Zero);
        Assert.That(await report.Texts(".run:last-child figcaption h4"), Has.All.EqualTo("<b>Title</b></script>"));
    }

    [Test]
    public async Task CurvesAndPoints_SayTheirTextsAsTheyAre()
    {
        await using var report = await Browser.Open(Browser.OtherReport);
        Task<string> Tip(string figure, int at) => report.Page.EvaluateAsync<string>(
            "async ([figure, at]) => { const host = document.querySelector(`${figure} .chart`); const chart = echarts.getInstanceByDom(host); chart.dispatchAction({ type: 'showTip', seriesIndex: figure.includes('map') ? at : 0, dataIndex: figure.includes('map') ? 0 : at }); await new Promise(later => setTimeout(later, 50)); return host.querySelector('dl').textContent; }",
            new object[] { figure, at });

        await report.Drawn(".run:last-child [id$='-map']");
        await report.Drawn(".run:last-child [id$='-curve']");

        for (var at = 0; at < HostileRun.Tokens.Length; at++)
        {
            var shown = HostileRun.Tokens[at].Shown;
            Assert.That(await Tip(".run:last-child [id$='-map']", at), Does.Contain(LabelOf(shown)));
            Assert.That(await Tip(".run:last-child [id$='-curve']", at), Does.Contain($"({at})"));
        }

        Assert.That(await Tip(".run:last-child [id$='-curve']", 0), Does.StartWith("x<script>alert(1)</script> (0)").And.Contain("</script><b>0.5000"));

        // Labels of figures show spaces within a text as they are.
        static string LabelOf(string shown) => shown == "↵→·" ? "↵→·" : shown.Replace('·', ' ');
    }

    [Test]
    public async Task HostileTexts_AreNoFormulasInTheCsv_AndNoMarkupInTheSvg()
    {
        await using var report = await Browser.Open(Browser.OtherReport);
        var table = await report.Drawn("[id$='table-tokens']");

        var csv = await report.Page.RunAndWaitForDownloadAsync(() => table.Locator("button", new() { HasTextString = "CSV" }).ClickAsync());
        var figure = await report.Drawn(".run:last-child [id$='-grid']");
        var svg = await report.Page.RunAndWaitForDownloadAsync(() => figure.Locator("button", new() { HasTextString = "SVG" }).ClickAsync());

        Assert.That(await File.ReadAllTextAsync(await csv.PathAsync()), Does.Contain("\"'=HYPERLINK(\"\"http://x\"\")\"").And.Contain("'--> ]]>").And.Contain("\"\"\"'`\""));
        var drawn = await File.ReadAllTextAsync(await svg.PathAsync());
        Assert.That(drawn, Does.Contain("&lt;script&gt;").And.Not.Contain("<script").And.Not.Contain("<img"));
        Assert.That(() => System.Xml.Linq.XDocument.Parse(drawn), Throws.Nothing);
    }
}
