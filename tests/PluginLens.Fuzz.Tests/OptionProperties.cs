using System.Globalization;
using CsCheck;
using PluginLens.Host;
using PluginLens.Plugins.Circuits;
using PluginLens.Plugins.Ffn;
using PluginLens.Plugins.States;

namespace PluginLens.Fuzz.Tests;

/// <summary>What is typed, from generators: option texts of every kind are bound or refused in one line, and what is bound says the same when it is given again.</summary>
public sealed class OptionProperties
{
    private const int Inputs = 3000;

    private static readonly string[] Known = ["all", "", " ", "true", "false", "NaN", "-1", "1e400", "0,2-4", ",", "--", "a,b", "\0", "1\n2"];

    private static readonly Gen<string> Text = Gen.OneOf(
        Gen.String[0, 12], Gen.Int.Select(number => number.ToString(CultureInfo.InvariantCulture)), Gen.Double.Select(number => number.ToString("R", CultureInfo.InvariantCulture)),
        Gen.Select(Gen.Int[-3, 30], Gen.Int[-3, 30]).Select((from, to) => $"{from}-{to}"), Gen.Int[0, Known.Length - 1].Select(at => Known[at]),
        Gen.Int[-3, 9].Array[0, 5].Select(numbers => string.Join(',', numbers)));

    private static readonly Type[] Records = [typeof(OvPairOptions), typeof(QkPairOptions), typeof(FfnKeysValuesOptions), typeof(LogitLensOptions), typeof(HeadDetectorOptions), typeof(ActivationOptions)];

    /// <summary>Values from a seed: the same in every run.</summary>
    private static IEnumerable<T> Generated<T>(Gen<T> gen, int count, uint seed)
    {
        var random = new PCG(seed);
        for (var at = 0; at < count; at++)
        {
            yield return gen.Generate(random, null, out _);
        }
    }

    [Test]
    public void Options_AreBoundOrRefusedInOneLine()
    {
        var given = Gen.Select(Gen.Int[0, Records.Length - 1], Gen.Int[0, 1000], Text, Gen.Bool);
        var (bound, refused) = (0, 0);
        foreach (var (record, which, text, bare) in Generated(given, Inputs, 7))
        {
            var names = OptionInfo.Of(Records[record]);
            var name = which % 20 == 0 ? text : names[which % names.Count].Name;
            try
            {
                var options = OptionsBinder.Bind(Records[record], "x", [new KeyValuePair<string, string?>(name, bare && which % 9 == 0 ? null : text)]);
                Assert.That(OptionsBinder.ToData(options), Is.Not.Empty);
                bound++;
            }
            catch (UsageException error)
            {
                // What was typed is quoted as it is; the rest is one line.
                Assert.That(text.Contains('\n', StringComparison.Ordinal) ? error.Message.Replace(text, string.Empty, StringComparison.Ordinal) : error.Message, Is.Not.Empty.And.Not.Contains("\n"), $"--{name} '{text}'");
                refused++;
            }
        }

        Assert.That(new[] { bound, refused }, Has.All.GreaterThan(Inputs / 10));
    }

    [Test]
    public void Selections_AreAscendingWithin_AndTheSameFromTheirText()
    {
        var chosen = 0;
        foreach (var (text, count) in Generated(Gen.Select(Text, Gen.Int[1, 40]), Inputs, 11))
        {
            if (!Selection.TryParse(text, null, out var selection))
            {
                continue;
            }

            try
            {
                var indices = selection.Of(count, "layer");
                Assert.That(indices, Is.Ordered.Ascending.And.Unique.And.All.InRange(0, count - 1), text);
                Assert.That(Selection.Parse(selection.Text).Of(count, "layer"), Is.EqualTo(indices), text);
                chosen++;
            }
            catch (UsageException error)
            {
                Assert.That(error.Message, Does.StartWith("--layer").And.Not.Contains("\n"), text);
            }
        }

        Assert.That(chosen, Is.GreaterThan(Inputs / 10));
    }

    [Test]
    public void Suggestions_AreAmongTheKnown()
    {
        string[] known = ["--layer", "--head", "--k", "--only-ascii", "--norm-gain"];
        foreach (var text in Generated(Text, Inputs, 13))
        {
            var suggestion = Suggestion.Of($"--{text}", known);
            Assert.That(suggestion is null || known.Any(suggestion.Contains), $"{text}: {suggestion}");
        }
    }
}
