using static PluginLens.Host.Tests.SampleResults;

namespace PluginLens.Host.Tests.Writers;

/// <summary>Tables of Markdown, whose cells hold any text.</summary>
public sealed class MarkdownResultWriterTests
{
    [Test]
    public void Markdown_EscapesCells()
    {
        Assert.That(Written<Some>("md", new ResultView { Rows = 0 }), Does.StartWith("""
            ## pairs

            6 rows

            | layer | input | input_id | score | kind | remark | good |
            |---:|---|---:|---:|---|---|---|
            | 0 | `·the` | 0 | 1.5000 | first-half | a\|b, "c" | true |
            | 0 | `↵` | 2 | -0.1000 | rest | - | false |
            | 0 | `∅` | 9 | - | rest | two↵lines | false |

            """.ReplaceLineEndings("\n")));
    }
}
