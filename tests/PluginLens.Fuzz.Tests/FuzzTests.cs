using PluginLens.Fuzz;
using PluginLens.Tests.Shared;

namespace PluginLens.Fuzz.Tests;

/// <summary>Ten thousand damaged files: each is read, or refused in one line; none crashes, hangs, or makes a reader allocate without end.</summary>
public sealed class FuzzTests
{
    private static IEnumerable<TestCaseData> All => Targets.All.Select(target => new TestCaseData(target).SetArgDisplayNames(target.Name));

    [TestCaseSource(nameof(All))]
    public void Damaged_IsReadOrRefused(FuzzTarget target)
    {
        ArgumentNullException.ThrowIfNull(target);
        var figures = new FuzzRun(target).Damaged(target.Inputs, seed: 1);

        Tried.Say($"damaged {target.Name}: {$"{figures}".Trim()}");
        Assert.That(figures.Faults, Is.Empty);
        Assert.That(figures.Inputs, Is.EqualTo(target.Inputs));
    }

    [Test]
    public void Inputs_AreTenThousand() => Assert.That(Targets.All.Sum(target => target.Inputs), Is.GreaterThanOrEqualTo(10_000));

    [TestCaseSource(nameof(All))]
    public void Undamaged_IsRead(FuzzTarget target)
    {
        ArgumentNullException.ThrowIfNull(target);
        var figures = new FuzzRun(target).Given([("seed", target.Seed())]);

        Assert.That((figures.Faults, figures.Refused), Is.EqualTo((Array.Empty<string>(), 0)));
    }
}
