using System.Globalization;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace PluginLens.Report.Tests;

/// <summary>A run folder whose tokens, titles and names want to be something else than texts.</summary>
internal static class HostileRun
{
    /// <summary>Tokens, and how a page shows them.</summary>
    public static readonly (string Token, string Shown)[] Tokens =
    [
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("</script><b>", "</script><b>"),
        ("\"'`", "\"'`"),
        ("&lt;", "&lt;"),
        ("<img src=x onerror=alert(2)>", "<img·src=x·onerror=alert(2)>"),
        ("a\u0000b\u001b[31m", "a\\u{00}b\\u{1B}[31m"),
        ("\n\t ", "↵→·"),
        ("\u202Eevil", "\\u{202E}evil"),
        ("שלום", "\u2068שלום\u2069"),
        ("\uFFFDx", "\uFFFDx"),
        ("=HYPERLINK(\"http://x\")", "=HYPERLINK(\"http://x\")"),
        ("{a|b}", "{a|b}"),
        ("\u0301", "◌\u0301"),
        ("--> ]]> ${x}", "-->·]]>·${x}"),
    ];

    /// <summary>Writes the folder.</summary>
    /// <param name="folder">Its path.</param>
    public static void Write(string folder)
    {
        Directory.CreateDirectory(Path.Combine(folder, "figures"));
        string[] tokens = [.. Tokens.Select(token => token.Token)];
        var title = "<b>Title</b></script>";
        string[] labels = [.. tokens.Select((token, at) => $"{token} ({at})")];
        Json(folder, "figures/grid.json", new { kind = "token-grid", title, x_title = "<i>x</i>", y_title = "y", x_labels = labels, y_labels = new[] { "0" }, cells = new[] { tokens.Select(token => new { text = token, value = 0.5, detail = $"{token} 0.5000" }) } });
        Json(folder, "figures/heat.json", new { kind = "heatmap", title, x_title = "x", y_title = "y", x_labels = labels, y_labels = labels, values = tokens.Select(_ => tokens.Select((_, at) => (double?)at)), signed = false, scale = Array.Empty<object>() });
        Json(folder, "figures/curve.json", new { kind = "chart", title, x_title = "x", y_title = "y", x_labels = labels, series = tokens.Take(3).Select(token => new { name = token, values = tokens.Select((_, at) => at + 0.5) }), as_bars = false });
        Json(folder, "figures/map.json", new { kind = "scatter", title, x_title = "x", y_title = "y", points = tokens.Select((token, at) => new { x = at, y = at, label = token, group = token, value = (double?)null }) });
        File.WriteAllText(Path.Combine(folder, "tokens.csv"), $"rank,token,token_id,score\n{string.Concat(tokens.Select((token, at) => string.Create(CultureInfo.InvariantCulture, $"{at + 1},\"{token.Replace("\"", "\"\"", StringComparison.Ordinal)}\",{100 + at},{at / 4.0}\n")))}");
        var run = JObject.FromObject(new
        {
            plugin = "hostile", command_line = new[] { "run", "--prompt", "</script><script>alert(3)</script>" }, model = new { name = "<img src=y>", architecture = "gpt2", processing = "raw" }, further_models = Array.Empty<object>(),
            options = new { text = "<b>" }, prompts = 1, inputs = new[] { new { text = "</script><script>alert(4)</script>" } }, seed = 0, device = "cpu", threads = 1, started = "2026-01-01T00:00:00Z", wall_seconds = 0.1,
            verdict = "exact", verdict_reasons = Array.Empty<string>(), status = "complete", notes = new[] { "<script>alert(5)</script>" }, warnings = new[] { "\u202Ewarning" },
            tables = new object[] { new { name = "tokens", rows = tokens.Length, complete = true, columns = new[] { "rank", "token", "token_id", "score" } } },
            files = new[] { "figures/grid.json", "figures/heat.json", "figures/curve.json", "figures/map.json", "tokens.csv" },
        });
        Json(folder, "run.json", run);
    }

    private static void Json(string folder, string name, object value) => File.WriteAllText(Path.Combine(folder, name), JsonConvert.SerializeObject(value));
}
