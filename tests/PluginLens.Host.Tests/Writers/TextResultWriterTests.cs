using static PluginLens.Host.Tests.SampleResults;

namespace PluginLens.Host.Tests.Writers;

/// <summary>Tables to read: the first rows of each group and what is left.</summary>
public sealed class TextResultWriterTests
{
    [Test]
    public void Table_ShowsFirstRowsOfEachGroup_WhiteSpaceVisible()
    {
        Assert.That(Written<Some>("table"), Is.EqualTo("""
            pairs: 6 rows
            layer  input  input_id    score  kind        remark    good
                0  ·the          0   1.5000  first-half  a|b, "c"  true
                0  ↵             2  -0.1000  rest        -         false
              … 1 more

                1  ·the          0   1.5000  first-half  a|b, "c"  true
                1  ↵             2  -0.1000  rest        -         false
              … 1 more

            inline on fake (gpt2, raw): exact
            note: W_E

            """.ReplaceLineEndings("\n")));
    }

    private sealed class ManyGroups : IAnalysis
    {
        public void Run(AnalysisContext context)
        {
            var table = context.Results.Table<Row>("pairs", groupBy: 1);
            for (var at = 0; at < 19 * 4; at++)
            {
                table.Add(new Row(at / 4, context.Model.Token(0), at, Kind.Rest, null, false));
            }
        }
    }

    [Test]
    public void Table_OfManyGroups_ShowsSixteenAndSaysWhatIsLeft()
    {
        var lines = Written<ManyGroups>("table").Split('\n');

        Assert.That(lines.Count(line => line.Contains("·the")), Is.EqualTo(16 * 2));
        Assert.That(lines.Count(line => line == "  … 2 more"), Is.EqualTo(16));
        Assert.That(lines, Has.Some.EqualTo("  … 3 more groups, 12 rows; --rows 0 shows all"));
    }
}
