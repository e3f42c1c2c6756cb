using PluginLens.Numerics;

namespace PluginLens.Toolkit.Tests;

public sealed class CostsTests
{
    [TestCase(1, 5)]
    [TestCase(2, 9)]
    [TestCase(8, 12)]
    public void SideBySide_HoldsAsManyOfTheLargestAsRunTogether(int threads, double bytes)
    {
        var context = new AnalysisContext { Models = [Models.Make()], Compute = new CpuCompute(threads), Results = new CollectedResults() };

        Assert.That(Costs.SideBySide(context, new Cost(10, 4), new Cost(20, 3), new Cost(30, 5)), Is.EqualTo(new Cost(60, bytes)));
    }
}
