using System.Globalization;
using CsvHelper;
using Microsoft.Playwright;
using PluginLens.Host;

namespace PluginLens.Report.Tests;

/// <summary>Tables: sorted, searched, kept.</summary>
public sealed class TableTests
{
    private const string Words = "article:has(> [id$='table-logit-lens']) [id$='table-words']";

    private static List<string[]> Stored => Rows(Path.Combine(Browser.All, "logit-lens", "words.csv"));

    [Test]
    public async Task HeaderClick_SortsByValue_AndAgainTheOtherWay()
    {
        await using var report = await Browser.Open(Browser.AllReport);
        var table = await report.Drawn(Words);
        var logits = Stored.ConvertAll(fields => double.Parse(fields[^2], CultureInfo.InvariantCulture));
        async Task<double> First() => double.Parse((await table.Locator(".tabulator-row").First.Locator("[tabulator-field=c9]").TextContentAsync())!, CultureInfo.InvariantCulture);
        var header = table.Locator(".tabulator-col[tabulator-field=c9] .tabulator-col-content");

        await header.ClickAsync();
        Assert.That(await First(), Is.EqualTo(logits.Max()).Within(1e-4));
        await header.FocusAsync();
        await report.Page.Keyboard.PressAsync("Enter");
        Assert.That(await First(), Is.EqualTo(logits.Min()).Within(1e-4));
    }

    [Test]
    public async Task Search_KeepsTheRowsThatMatch()
    {
        await using var report = await Browser.Open(Browser.AllReport);
        var table = await report.Drawn(Words);
        var expected = Stored.Count(fields => fields[1] == "2" && double.Parse(fields[^1], CultureInfo.InvariantCulture) > 0.01);
        Assert.That(expected, Is.Positive);

        await table.Locator("input").FillAsync("position=2 probability>0.01");
        await Assertions.Expect(table.Locator(".count")).ToHaveTextAsync($"{expected} of {Stored.Count} rows");
        await table.Locator("input").FillAsync("zzzz");
        await Assertions.Expect(table.Locator(".tabulator-placeholder")).ToContainTextAsync("No row matches.");
        await table.Locator("input").FillAsync(string.Empty);
        await Assertions.Expect(table.Locator(".count")).ToHaveTextAsync($"{Stored.Count} rows");
    }

    [Test]
    public async Task Tokens_AreChipsWithVisibleSpaces_AndTheirIds()
    {
        await using var report = await Browser.Open(Browser.AllReport);
        var table = await report.Drawn(Words);
        await table.Locator("input").FillAsync("input:cat");
        var chip = table.Locator(".tabulator-row").Filter(new() { HasTextString = "·cat" }).First.Locator("[tabulator-field=c2] .chip");

        await Assertions.Expect(chip).ToHaveTextAsync("·cat");
        Assert.That(await chip.GetAttributeAsync("title"), Does.Match(@"^·cat   id \d+$"));
        await Assertions.Expect(table.Locator(".tabulator-col[tabulator-field=c3]")).ToBeHiddenAsync();
        await table.Locator("button", new() { HasTextString = "ids" }).ClickAsync();
        await Assertions.Expect(table.Locator(".tabulator-col[tabulator-field=c3]")).ToBeVisibleAsync();
    }

    [Test]
    public async Task Csv_HoldsTheRowsOfTheRun()
    {
        await using var report = await Browser.Open(Browser.AllReport);
        var table = await report.Drawn(Words);

        var download = await report.Page.RunAndWaitForDownloadAsync(() => table.Locator("button", new() { HasTextString = "CSV" }).ClickAsync());
        var rows = Rows(await download.PathAsync());

        Assert.That(download.SuggestedFilename, Is.EqualTo("logit-lens-words.csv"));
        Assert.That(rows.Select(fields => string.Join('|', fields[..8])), Is.EqualTo(Stored.Select(fields => string.Join('|', fields[..8].Select(SpreadsheetCsv.Text)))));
        Assert.That(rows.Select(fields => float.Parse(fields[^1], CultureInfo.InvariantCulture)), Is.EqualTo(Stored.Select(fields => float.Parse(fields[^1], CultureInfo.InvariantCulture))));
    }

    [Test]
    public async Task HundredThousandRows_AreOneSmallFile_OfWhichOnlyTheRowsSeenAreDrawn()
    {
        using var folder = new TemporaryFolder();
        LargeRun.Write(folder.At("large"), 100_000);
        await using (var file = File.Create(folder.At("large.html")))
        {
            ReportFile.Write([folder.At("large")], file);
            Assert.That(file.Length, Is.LessThan(20_000_000));
        }

        await using var report = await Browser.Open(folder.At("large.html"));
        var table = await report.Drawn("[id$='table-rows']");
        Assert.That(await table.Locator(".count").TextContentAsync(), Is.EqualTo("100,000 rows"));
        Assert.That(await table.Locator(".tabulator-row").CountAsync(), Is.InRange(10, 60));
        await table.Locator(".tabulator-col[tabulator-field=c0] .tabulator-col-content").ClickAsync();
        await table.Locator(".tabulator-col[tabulator-field=c0] .tabulator-col-content").ClickAsync();
        Assert.That(await table.Locator(".tabulator-row").First.Locator("[tabulator-field=c0]").TextContentAsync(), Is.EqualTo("99999"));
        await table.Locator("input").FillAsync("token:t4095");
        await Assertions.Expect(table.Locator(".count")).ToHaveTextAsync("24 of 100,000 rows");
    }

    private static List<string[]> Rows(string path) => [.. Records(path)];

    private static IEnumerable<string[]> Records(string path)
    {
        using var csv = CsvReader.Create(new StreamReader(path), new CsvReaderOptions());
        while (csv.Read())
        {
            yield return [.. Enumerable.Range(0, csv.FieldCount).Select(csv.GetString)];
        }
    }
}
