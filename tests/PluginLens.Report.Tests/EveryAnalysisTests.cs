using System.Text.Json;
using Microsoft.Playwright;
using PluginLens.Cli;

namespace PluginLens.Report.Tests;

/// <summary>The report of every analysis: of its run with defaults, or where it asks for more than a model and a prompt, of the first example of its page.</summary>
public sealed class EveryAnalysisTests
{
    private static readonly List<string> Analyses = [.. Session.Catalog.Entries.Select(entry => entry.Id)];
    private readonly TemporaryFolder _folder = new();
    private readonly Session _session = new();
    private readonly Dictionary<string, Task<string>> _runs = [];

    [OneTimeTearDown]
    public async Task Clean()
    {
        await ((Task)Task.WhenAll(_runs.Values)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _session.Dispose();
        _folder.Dispose();
    }

    [TestCaseSource(nameof(Analyses))]
    public async Task Report_ShowsAllThatTheRunFound(string analysis)
    {
        var run = await RunOf(analysis);

        // While the browser draws this one.
        _ = RunOf(Analyses[Math.Min(Analyses.IndexOf(analysis) + 1, Analyses.Count - 1)]);
        await using (var file = File.Create(_folder.At($"{analysis}.html")))
        {
            ReportFile.Write([run], file);
        }

        await using var report = await Browser.Open(_folder.At($"{analysis}.html"));
        await report.Page.EvaluateAsync("async () => { for (const element of [...waiting.keys()]) { await show(element); } }");

        using var recorded = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(run, "run.json")));
        var tables = recorded.RootElement.GetProperty("tables").EnumerateArray().Select(table => (Name: table.GetProperty("name").GetString()!, Rows: table.GetProperty("rows").GetInt64())).ToList();
        var figures = recorded.RootElement.GetProperty("files").EnumerateArray().Count(name => name.GetString()!.StartsWith("figures/", StringComparison.Ordinal));
        Assert.That(await report.Page.TextContentAsync(".run h2"), Does.StartWith(analysis).And.EndsWith(recorded.RootElement.GetProperty("verdict").GetString()!));
        Assert.That(await report.Page.Locator(".figures > .figure, .headgrid .head").CountAsync(), Is.EqualTo(figures));
        Assert.That(await report.Texts(".run > .tablebox h4"), Is.EqualTo(tables.Select(table => table.Name)));
        Assert.That(await report.Page.EvaluateAsync<int>("[...document.querySelectorAll('.figure, .headgrid, .tablebox')].filter(element => waiting.has(element)).length"), Is.Zero, "all of it is drawn");
        await Draws(report);
        foreach (var (name, rows) in tables.Where(table => table.Rows > 0))
        {
            await Sorts(report, name);
            await Finds(report, name, rows);
        }

        await Hovers(report);
        await report.Page.ClickAsync("#theme");
        await report.Page.ClickAsync("#safe");
        await Draws(report);
    }

    /// <summary>No picture is empty or without its size.</summary>
    private static async Task Draws(ReportPage report)
    {
        var blank = await report.Page.EvaluateAsync<string[]>("""
            () => [...document.querySelectorAll('.figure')].filter(figure => {
                const canvas = figure.querySelector('.body canvas');
                if (!canvas) {
                    return figure.querySelectorAll('.body .token, .list .chip').length === 0;
                }

                const { width, height } = canvas;
                const copy = Object.assign(document.createElement('canvas'), { width, height }).getContext('2d', { willReadFrequently: true });
                copy.drawImage(canvas, 0, 0);
                const { data } = copy.getImageData(0, 0, width, height);
                const colors = new Set();
                for (let at = 0; at < data.length && colors.size < 3; at += 4) {
                    colors.add(data[at] << 24 | data[at + 1] << 16 | data[at + 2] << 8 | data[at + 3]);
                }

                return width < 40 || height < 40 || colors.size < 3;
            }).map(figure => figure.id)
            """);
        Assert.That(blank, Is.Empty);
    }

    /// <summary>A click on the header of the last column puts an end of it first.</summary>
    private static async Task Sorts(ReportPage report, string table)
    {
        var header = report.Page.Locator($"#run0-table-{table}").Locator(".tabulator-col:visible .tabulator-col-title").Last;
        for (var clicks = 1; ; clicks++)
        {
            await header.ClickAsync();
            try
            {
                await report.Page.WaitForFunctionAsync(
                    "name => views.find(view => view.element.id === `run0-table-${name}`).grid.getSorters().length > 0", table, new() { Timeout = 10_000 });
                break;
            }
            catch (TimeoutException) when (clicks < 4)
            {
                // A page that is laid out anew while a busy machine clicks misses it now and then: who reads it clicks again.
            }
        }

        var wrong = await report.Page.EvaluateAsync<string?>("""
            async name => {
                const view = views.find(view => view.element.id === `run0-table-${name}`);
                const [sorter] = view.grid.getSorters();
                const at = Number(sorter.field.slice(1));
                const column = view.table.columns[at];
                const key = row => column.missing(row) ? null : column.kind === 'text' || column.kind === 'token' ? column.text(row) : column.values[row];
                const shown = view.grid.getRows('active').map(row => row.getData().i);
                for (let next = 1; next < shown.length; next++) {
                    const order = compare(key(shown[next - 1]), key(shown[next]), null, null, null, sorter.dir);
                    if ((sorter.dir === 'asc' ? order : -order) > 0) {
                        return `${column.name}: row ${shown[next - 1]} before row ${shown[next]}`;
                    }
                }

                return shown.length === view.table.length ? null : `${shown.length} rows of ${view.table.length}`;
            }
            """, table);
        Assert.That(wrong, Is.Null, table);
    }

    /// <summary>A search by the value of a column leaves the rows that have it.</summary>
    private static async Task Finds(ReportPage report, string table, long rows)
    {
        var asked = await report.Page.EvaluateAsync<string[]?>("""
            name => {
                const { columns, length } = views.find(view => view.element.id === `run0-table-${name}`).table;
                const column = columns.find(column => (column.kind === 'int' || column.kind === 'text') && /^\S+$/.test(column.text(0) ?? ''));
                return column ? [`${column.name}=${column.text(0)}`, String(Array.from({ length }, (_, row) => column.text(row)).filter(text => text === column.text(0)).length)] : null;
            }
            """, table);
        if (asked is null)
        {
            return;
        }

        var box = report.Page.Locator($"#run0-table-{table}");
        await box.Locator("input[type=search]").FillAsync(asked[0]);
        await Assertions.Expect(box.Locator(".count")).ToHaveTextAsync(new System.Text.RegularExpressions.Regex(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"^{int.Parse(asked[1], System.Globalization.CultureInfo.InvariantCulture):#,0} of {rows:#,0} ")));
        await box.Locator("input[type=search]").FillAsync(string.Empty);
    }

    /// <summary>The first cell of the first matrix says what it is.</summary>
    private static async Task Hovers(ReportPage report)
    {
        if (await report.Page.Locator(".figures > .figure .matrix").CountAsync() == 0)
        {
            return;
        }

        var id = await report.Page.Locator(".figures > .figure:has(.matrix)").First.GetAttributeAsync("id");
        await report.PointAt($"#{id}", 0, 0);

        // Once more, when the page has come to rest: scrolling hides what is said.
        await report.PointAt($"#{id}", 0, 0);
        await Assertions.Expect(report.Page.Locator(".tip dd").First).ToBeVisibleAsync();
        Assert.That(await report.Page.Locator($"#{id} .status").TextContentAsync(), Is.Not.Empty);
    }

    /// <summary>The folder of a run, which is made where there is none yet.</summary>
    private Task<string> RunOf(string analysis)
    {
        if (!_runs.TryGetValue(analysis, out var run))
        {
            _runs.Add(analysis, run = Task.Run(() => Made(analysis)));
        }

        return run;
    }

    private string Made(string analysis)
    {
        var run = Path.Combine(Browser.All, analysis);
        if (!Directory.Exists(run))
        {
            run = _folder.At($"runs/{analysis}");
            _session.Run([.. PageExample.Of(Session.Catalog.Find(analysis)) ?? throw new InvalidOperationException($"The page of '{analysis}' shows no run."), "--out", run]);
        }

        return run;
    }
}
