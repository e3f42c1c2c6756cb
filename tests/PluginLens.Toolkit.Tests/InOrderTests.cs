using PluginLens.Numerics;

namespace PluginLens.Toolkit.Tests;

public sealed class InOrderTests
{
    [Test]
    public void Of_ItemsThatTakeLongerThanTheNext_ComeInOrder([Values(1, 2, 5)] int threads)
    {
        var results = InOrder.Of(Context(threads), 20, Slowly, _ => 1);

        Assert.That(results, Is.EqualTo(Enumerable.Range(0, 20).Select(at => at * at)));

        static int Slowly(int at)
        {
            Thread.Sleep(at % 3 == 0 ? 5 : 0);
            return at * at;
        }
    }

    [Test]
    public void Of_TwoThreads_WorksOnTwoItemsAtOnce()
    {
        using var both = new Barrier(2);

        Assert.That(InOrder.Of(Context(2), 2, at => both.SignalAndWait(TimeSpan.FromMinutes(1)), _ => 1), Is.All.True);
    }

    [TestCase(3, 1L, 3)]
    [TestCase(3, 1L << 40, 1)]
    [TestCase(3, 1L << 29, 2)]
    public void Of_NobodyTakesMore_WorksAheadAsFarAsThreadsAndMemoryGo(int threads, long bytes, int expected)
    {
        var begun = 0;
        using (var results = InOrder.Of(Context(threads), 9, _ => Interlocked.Increment(ref begun), _ => bytes).GetEnumerator())
        {
            Assert.That(results.MoveNext());
        }

        // Nothing is under way once the enumeration has ended; what had not begun by then never does.
        var ended = begun;
        Thread.Sleep(20);
        Assert.That((begun, ended), Is.EqualTo((ended, ended)));
        Assert.That(begun, Is.InRange(1, expected));
    }

    [Test]
    public void Of_AnItemFails_ThrowsThatInItsTurn()
    {
        using var results = InOrder.Of(Context(5), 9, at => at == 2 ? throw new ModelException("the third") : at, _ => 1).GetEnumerator();

        Assert.That(results.MoveNext() && results.MoveNext());
        Assert.That(() => results.MoveNext(), Throws.TypeOf<ModelException>().With.Message.EqualTo("the third"));
    }

    private static AnalysisContext Context(int threads) => new() { Models = [Models.Make()], Compute = new CpuCompute(threads), Results = new CollectedResults() };
}
