using System.Globalization;
using System.Security.Cryptography;
using Newtonsoft.Json.Linq;

namespace PluginLens.Cli.Tests;

/// <summary>
/// The analyses on the embedded models give what an independent implementation found: make.py, make_prompts.py and make_interventions.py in tests/Golden/embedded, which compute each formula naively in
/// float64 from the weights and say how far the program may be off.
/// </summary>
public sealed class EmbeddedGoldenTests
{
    private const string Unsure = "?";
    private static readonly string Folder = Path.Combine(Cli.Root, "tests", "Golden", "embedded");

    private readonly Session _session = new();

    private static IEnumerable<string> Cases => Directory.EnumerateFiles(Folder, "*.json").Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal);

    [OneTimeTearDown]
    public void Close() => _session.Dispose();

    [TestCaseSource(nameof(Cases))]
    public void Run_OnEmbeddedModels_EqualsTheNaiveValues(string name)
    {
        var golden = JObject.Parse(File.ReadAllText(Path.Combine(Folder, name + ".json")));
        foreach (var (model, hash) in (JObject)golden["weights"]!)
        {
            Assert.That(Hash(model), Is.EqualTo((string?)hash), $"{name}.json was made for other weights of '{model}'; run make.py and make_prompts.py in tests/Golden/embedded.");
        }

        var tables = (JObject)JObject.Parse(_session.Run(["run", .. golden["arguments"]!.Select(argument => (string)argument!), "--format", "json"]))["tables"]!;
        foreach (var (table, rows) in (JObject)golden["tables"]!)
        {
            Assert.That(tables[table]?.Count(), Is.EqualTo((int?)golden["rows"]![table]), $"rows of {table}");
            Compare(table, [.. rows!.Cast<JObject>()], [.. tables[table]!.Cast<JObject>()], (double)golden["tolerance"]!);
        }
    }

    private static void Compare(string table, JObject[] golden, JObject[] found, double tolerance)
    {
        foreach (var column in golden[0].Properties().Select(property => property.Name))
        {
            var largest = golden.Select(row => row[column]!).Where(value => value.Type == JTokenType.Float).Select(value => Math.Abs((double)value)).DefaultIfEmpty(0).Max();
            for (var at = 0; at < golden.Length; at++)
            {
                var (expected, value) = (golden[at][column]!, found[at][column]);
                var where = $"{table}, row {at}, column {column}";
                if (expected.Type == JTokenType.Float)
                {
                    Assert.That((double?)value, Is.EqualTo((double)expected).Within(tolerance * largest), where);
                }
                else if ((string?)expected != Unsure)
                {
                    Assert.That(Text(value), Is.EqualTo(Text(expected)), where);
                }
            }
        }
    }

    private static string? Text(JToken? value) => ((value as JValue)?.Value as IFormattable)?.ToString(null, CultureInfo.InvariantCulture) ?? value?.ToString();

    private static string Hash(string model)
    {
        using var file = File.OpenRead(Path.Combine(Cli.Root, "models", "onnx", model, "model.onnx.data"));
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }
}
