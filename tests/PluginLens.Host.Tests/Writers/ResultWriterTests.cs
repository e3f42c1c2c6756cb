using Newtonsoft.Json.Linq;
using static PluginLens.Host.Tests.SampleResults;

namespace PluginLens.Host.Tests.Writers;

/// <summary>What the writers share: their names, and numbers that read back.</summary>
public sealed class ResultWriterTests
{
    [Test]
    public void Of_UnknownFormat_ListsTheKnown()
    {
        Assert.That(() => ResultWriter.Of("pdf"), Throws.TypeOf<UsageException>().With.Message.EqualTo("--format 'pdf': expected table, csv, json, md."));
        Assert.That(() => Written<Some>("csv", new ResultView { Table = "none" }), Throws.TypeOf<UsageException>().With.Message.EqualTo("--table 'none': this run has pairs."));
    }

    public sealed record Numbers(double Wide, float Narrow);

    private sealed class UnevenNumbers : IAnalysis
    {
        public static readonly double[] Wide = [0.1, 1.0 / 3, Math.PI, 123456789.123456789, double.Epsilon, double.MaxValue, -0.0, 1e23, -5e-324, 0.30000000000000004];

        public void Run(AnalysisContext context)
        {
            var table = context.Results.Table<Numbers>("numbers");
            foreach (var value in Wide)
            {
                table.Add(new Numbers(value, (float)(value / 3)));
            }
        }
    }

    [Test]
    public void CsvAndJson_Numbers_ReadBackBitForBit()
    {
        var csv = Written<UnevenNumbers>("csv").Split('\n')[1..^1].Select(line => line.Split(',')).ToList();
        var json = JObject.Parse(Written<UnevenNumbers>("json"))["tables"]!["numbers"]!;

        Assert.That(csv.Select(fields => Bits(double.Parse(fields[0]))), Is.EqualTo(UnevenNumbers.Wide.Select(Bits)));
        Assert.That(csv.Select(fields => Bits(float.Parse(fields[1]))), Is.EqualTo(UnevenNumbers.Wide.Select(value => Bits((float)(value / 3)))));
        Assert.That(json.Select(row => Bits((double)row["wide"]!)), Is.EqualTo(UnevenNumbers.Wide.Select(Bits)));
        Assert.That(json.Select(row => Bits((float)row["narrow"]!)), Is.EqualTo(UnevenNumbers.Wide.Select(value => Bits((float)(value / 3)))));

        static long Bits(double value) => BitConverter.DoubleToInt64Bits(value);
    }
}
