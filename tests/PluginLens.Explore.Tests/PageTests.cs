using System.Diagnostics;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace PluginLens.Explore.Tests;

/// <summary>The page as people use it.</summary>
public sealed class PageTests
{
    private Explorer _explorer = null!;

    [OneTimeSetUp]
    public void Start() => _explorer = new Explorer("--model", "tiny-gpt2", "--plugins", Explorer.Fixture);

    [OneTimeTearDown]
    public void Stop() => _explorer.Dispose();

    [Test]
    public async Task Prompt_BecomesAPicture_WithTheViewsOfTheReport()
    {
        await using var explored = await ExploredPage.Open(_explorer);
        await explored.Choose("tiny-gpt2", "logit-lens");
        await explored.Prompt("The cat sat on the mat");

        Assert.That(await explored.Run(), Does.StartWith("done in "));

        await Expect(explored.Page.Locator(".figure.drawn[data-kind=token-grid] canvas").First).ToBeVisibleAsync();
        await Expect(explored.Page.Locator(".run h2")).ToContainTextAsync("logit-lens tiny-gpt2");
        await Expect(explored.Page.Locator(".run h2 .badge.good")).ToHaveTextAsync("exact");
        var table = explored.Page.Locator("[id$='table-logit-lens']");
        await table.ScrollIntoViewIfNeededAsync();
        await Expect(table.Locator(".tabulator-row").First).ToBeVisibleAsync();
        await table.Locator("input[type=search]").FillAsync("layer=3 position=0");
        await Expect(table.Locator(".count")).ToContainTextAsync("1 of ");
    }

    [Test]
    public async Task SecondRun_TakesThePlaceOfTheFirst()
    {
        await using var explored = await ExploredPage.Open(_explorer);
        await explored.Choose("tiny-gpt2", "logit-lens");
        await explored.Run();
        await explored.Choose("tiny-gpt2", "attention");
        await explored.Prompt("The cat sat on the mat");

        await explored.Run();

        await Expect(explored.Page.Locator(".run")).ToHaveCountAsync(1);
        await Expect(explored.Page.Locator(".headgrid.drawn .head").First).ToBeVisibleAsync();
        Assert.That(await explored.Page.EvaluateAsync<bool>("views.every(view => document.body.contains(view.element))"));
    }

    [Test]
    public async Task Options_AreOfferedAsTheyDescribeThemselves_AndTheirErrorIsALine()
    {
        await using var explored = await ExploredPage.Open(_explorer);
        await explored.Choose("tiny-gpt2", "ov-pairs");
        var k = explored.Page.Locator("#options input[name=k]");

        Assert.That((await k.GetAttributeAsync("type"), await k.GetAttributeAsync("min"), await k.GetAttributeAsync("placeholder")), Is.EqualTo(("number", "1", "50")));
        Assert.That(await explored.Page.Locator("#options input[name=word-initial]").GetAttributeAsync("type"), Is.EqualTo("checkbox"));
        Assert.That(await explored.Texts("#options select option"), Has.Some.EndsWith(" (default)"));
        await explored.Page.FillAsync("#options input[name=layer]", "17");

        Assert.That(await explored.Run(), Is.EqualTo("--layer 17: this model has layers 0 to 3."));
        await Expect(explored.Page.Locator("#status")).ToHaveClassAsync("error");
        await Expect(explored.Page.Locator(".run")).ToHaveCountAsync(0);
    }

    [Test]
    public async Task CommandLine_ThatIsCopied_GivesTheSameRows()
    {
        await using var explored = await ExploredPage.Open(_explorer);
        await explored.Choose("tiny-gpt2", "logit-lens");
        await explored.Prompt("It's \"a\" $HOME\n`cat`");
        await explored.Page.FillAsync("#options input[name=position]", "-1");
        await explored.Page.FillAsync("#options input[name=k]", "2");
        await explored.Run();
        await explored.Page.ClickAsync(".copy");
        await Expect(explored.Page.Locator(".keeping [role=status]")).ToHaveTextAsync("copied");
        await explored.Page.FillAsync("[aria-label='Folder name']", "kept");
        await explored.Page.ClickAsync(".keep");
        await Expect(explored.Page.Locator(".keeping [role=status]")).ToContainTextAsync("kept in ");

        var line = await explored.Page.EvaluateAsync<string>("navigator.clipboard.readText()");
        Assert.That(line, Does.StartWith("pluginlens run --plugin logit-lens ").And.EndsWith("--k 2"));
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", $"pluginlens() {{ dotnet '{Cli.Tests.Cli.Program}' \"$@\"; }}\n{line} --out copied --quiet"]) { WorkingDirectory = _explorer.Started, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = shell.StandardError.ReadToEndAsync();
        await shell.StandardOutput.ReadToEndAsync();
        await shell.WaitForExitAsync();

        Assert.That(shell.ExitCode, Is.Zero, await errors);
        foreach (var table in new[] { "logit-lens.csv", "words.csv" })
        {
            Assert.That(File.ReadAllBytes(Path.Combine(_explorer.Started, "copied", table)), Is.EqualTo(File.ReadAllBytes(Path.Combine(_explorer.Started, "kept", table))).And.Length.GreaterThan(100));
        }
    }

    [Test]
    public async Task Keep_WhereAFolderIs_SaysSo()
    {
        Directory.CreateDirectory(Path.Combine(_explorer.Started, "taken"));
        await using var explored = await ExploredPage.Open(_explorer, line => line.Contains("status of 400", StringComparison.Ordinal));
        await explored.Choose("tiny-gpt2", "ov-pairs");
        await explored.Run();

        await explored.Page.FillAsync("[aria-label='Folder name']", "taken");
        await explored.Page.ClickAsync(".keep");

        await Expect(explored.Page.Locator(".keeping [role=status]")).ToHaveTextAsync($"'{Path.Combine(_explorer.Started, "taken")}' is there already; choose another name.");
    }

    [Test]
    public async Task SecondModel_IsRunBesideTheFirst_AndWhatDiffersIsSaid()
    {
        await using var explored = await ExploredPage.Open(_explorer);
        await explored.Choose("tiny-gpt2", "ov-pairs");
        await explored.Page.SelectOptionAsync("#second", "tiny-gpt2-b");

        await explored.Run();

        Assert.That(await explored.Texts(".sides .run h2 .model"), Is.EqualTo(new[] { "tiny-gpt2", "tiny-gpt2-b" }));
        await Expect(explored.Page.Locator("#diff-tables tbody tr")).ToHaveCountAsync(1);
        await Expect(explored.Page.Locator("#diff-tables")).ToContainTextAsync("ov-pairs");
        Assert.That(await explored.Page.Locator(".command").AllTextContentsAsync(), Has.Count.EqualTo(2).And.Some.Contains("--model tiny-gpt2-b"));
    }

    [Test]
    public async Task SecondModel_OfAnAnalysisOfTwo_IsPartOfIt()
    {
        await using var explored = await ExploredPage.Open(_explorer);
        await explored.Choose("tiny-gpt2", "align-layers");
        await explored.Page.SelectOptionAsync("#second", "tiny-gpt2-b");

        await explored.Run();

        await Expect(explored.Page.Locator(".run h2 .model")).ToHaveTextAsync("tiny-gpt2, tiny-gpt2-b");
    }

    [Test]
    public async Task AnalysisThatDoesNotApply_SaysWhy_AndCannotBeRun()
    {
        await using var explored = await ExploredPage.Open(_explorer);
        await explored.Choose("tiny-gpt2", "ffn-neurons");

        await explored.Page.SelectOptionAsync("#model", "tiny-attn-2l");

        var row = explored.Page.Locator(".analysis[data-id=ffn-neurons]");
        await Expect(row.Locator(".badge")).ToHaveTextAsync("does not apply");
        await Expect(row.Locator(".why")).Not.ToBeEmptyAsync();
        await Expect(explored.Page.Locator("#run")).ToBeDisabledAsync();
        await explored.Page.SelectOptionAsync("#model", "tiny-gpt2");
        await Expect(explored.Page.Locator("#run")).ToBeEnabledAsync();
    }

    [Test]
    public async Task Example_OfThePageOfAnAnalysis_FillsInTheForm()
    {
        await using var explored = await ExploredPage.Open(_explorer);
        await explored.Choose("tiny-gpt2-b", "logit-lens");
        await Expect(explored.Page.Locator("textarea")).ToHaveValueAsync("the captain of the");
        await explored.Page.ClickAsync("#example");
        await Expect(explored.Page.Locator("#model")).ToHaveValueAsync("tiny-gpt2");

        await explored.Run();

        await Expect(explored.Page.Locator(".command")).ToContainTextAsync("--model tiny-gpt2 --prompt 'the captain of the' --position=-1 --k 2");
        await explored.Choose("tiny-gpt2", "ov-pairs");
        await Expect(explored.Page.Locator("textarea")).ToHaveValueAsync(string.Empty);
        await explored.Prompt("mine");
        await explored.Choose("tiny-gpt2", "logit-lens");
        await Expect(explored.Page.Locator("textarea")).ToHaveValueAsync("mine");
    }

    [Test]
    public async Task Search_LeavesTheAnalysesThatMatch()
    {
        await using var explored = await ExploredPage.Open(_explorer);

        await explored.Page.FillAsync("#filter", "logit-lens");

        await Expect(explored.Page.Locator(".analysis[data-id=logit-lens]")).ToBeVisibleAsync();
        await Expect(explored.Page.Locator(".analysis[data-id=ov-pairs]")).ToBeHiddenAsync();
    }

    [Test]
    public async Task Stop_EndsTheRun_AndShowsTheRowsThatCame()
    {
        await using var explored = await ExploredPage.Open(_explorer);
        await explored.Choose("tiny-gpt2", "misbehaves");
        await Expect(explored.Page.Locator(".analysis[data-id=misbehaves] .badge")).ToHaveTextAsync("in its own process");
        await explored.Page.SelectOptionAsync("#options select[name=how]", "stops-quietly");
        await explored.Page.ClickAsync("#run");
        await Expect(explored.Page.Locator("#live-rows tbody td")).ToHaveTextAsync("1.0000");
        await Expect(explored.Page.Locator("#run")).ToBeDisabledAsync();

        await explored.Page.ClickAsync("#stop");

        await Expect(explored.Page.Locator("#status")).ToHaveTextAsync("Stopped; what was finished was kept.");
        await Expect(explored.Page.Locator(".run h2 .badge.bad")).ToHaveTextAsync("cancelled");
        await Expect(explored.Page.Locator("[id$='table-rows'] .badge.bad")).ToHaveTextAsync("incomplete");
        await Expect(explored.Page.Locator("#run")).ToBeEnabledAsync();
        await Expect(explored.Page.Locator("#stop")).ToBeHiddenAsync();
    }

    [Test]
    public async Task SecondWindow_WaitsForTheFirst_WhichTakesItsRunWithItWhenItIsKilled()
    {
        await using var second = await ExploredPage.Open(_explorer);
        var first = await ExploredPage.Open(_explorer);
        await first.Choose("tiny-gpt2", "misbehaves");
        await first.Page.SelectOptionAsync("#options select[name=how]", "stops-quietly");
        await first.Page.ClickAsync("#run");
        await Expect(first.Page.Locator("#live-rows")).ToBeVisibleAsync();
        Assert.That(_explorer.Isolated().Count(), Is.EqualTo(1));

        await second.Choose("tiny-gpt2", "ov-pairs");
        await second.Page.ClickAsync("#run");
        await Expect(second.Page.Locator("#status")).ToHaveTextAsync("waits for the run of another window …");
        await first.DisposeAsync();

        await Expect(second.Page.Locator(".run h2")).ToContainTextAsync("ov-pairs");
        Assert.That(() => _explorer.Isolated(), Is.Empty.After(5000, 50));
    }

    [Test]
    public async Task HostileTexts_AreShownAsTheyAre()
    {
        const string Prompt = "</script><script>alert(1)</script><img src=x onerror=alert(2)> \u202Eevil";
        await using var explored = await ExploredPage.Open(_explorer);
        await explored.Choose("tiny-gpt2", "logit-lens");
        await explored.Prompt(Prompt);

        await explored.Run();

        await Expect(explored.Page.Locator(".command")).ToContainTextAsync(@" '--prompt=</script><script>alert(1)</script><img src=x onerror=alert(2)> \u{202E}evil'");
        await explored.Page.Locator(".provenance summary").ClickAsync();
        await Expect(explored.Page.Locator(".prompts li")).ToHaveTextAsync(@"</script><script>alert(1)</script><img src=x onerror=alert(2)> \u{202E}evil");
        Assert.That(await explored.Page.Locator("main img, main script, main b:not(.analysis b)").CountAsync(), Is.Zero);
        Assert.That(await explored.Page.Locator("script").CountAsync(), Is.EqualTo(2));
    }

    [Test]
    public async Task LiveRows_ShowHostileTextsAsTheyAre()
    {
        await using var explored = await ExploredPage.Open(_explorer);

        await explored.Page.EvaluateAsync("() => { const live = document.querySelector('#live'); live.hidden = false; Explorer.prototype.hearRows.call({ live }, { table: 'rows', count: 1, columns: [{ name: '<b>', kind: 'text' }, { name: 'token', kind: 'token' }], rows: [['<img src=x onerror=alert(1)>', '\\u202E<script>']] }); }");

        Assert.That(await explored.Texts("#live-rows th, #live-rows td"), Is.EqualTo(new[] { "<b>", "token", "<img src=x onerror=alert(1)>", "\\u{202E}<script>" }));
    }

    [Test]
    public async Task ServerThatEnded_IsSaid()
    {
        using var explorer = new Explorer("--model", "tiny-gpt2");
        await using var explored = await ExploredPage.Open(explorer, line => line.Contains("ERR_CONNECTION_REFUSED", StringComparison.Ordinal));
        await explored.Choose("tiny-gpt2", "ov-pairs");
        Assert.That(explorer.End("INT").ExitCode, Is.Zero);

        Assert.That(await explored.Run(), Is.EqualTo("The server does not answer: pluginlens explore has ended."));
    }

    [Test]
    public async Task NarrowWindow_HasTheFormAbove_AndNothingBesideIt()
    {
        await using var explored = await ExploredPage.Open(_explorer);
        await explored.Page.SetViewportSizeAsync(400, 800);
        await explored.Choose("tiny-gpt2", "logit-lens");
        await explored.Run();

        Assert.That(await explored.Page.EvaluateAsync<int>("document.documentElement.scrollWidth"), Is.LessThanOrEqualTo(400));
    }

    [Test]
    public async Task Keyboard_ChoosesAndRuns()
    {
        await using var explored = await ExploredPage.Open(_explorer);
        await explored.Choose("tiny-gpt2", "ov-pairs");
        var before = await explored.Runs();

        await explored.Page.Locator(".analysis[data-id=ov-pairs] input").FocusAsync();
        await explored.Page.Keyboard.PressAsync("ArrowDown");
        await Expect(explored.Page.Locator(".analysis[data-id=ov-pairs] input")).Not.ToBeCheckedAsync();
        await explored.Page.Keyboard.PressAsync("ArrowUp");
        await explored.Page.WaitForFunctionAsync("() => document.querySelector('#options').dataset.of === 'ov-pairs'");
        await explored.Page.Locator("textarea").First.PressAsync("Control+Enter");
        await explored.Page.WaitForFunctionAsync("before => Number(document.documentElement.dataset.runs ?? 0) > before", before);

        await Expect(explored.Page.Locator(".command")).ToContainTextAsync("--plugin ov-pairs");
    }
}
