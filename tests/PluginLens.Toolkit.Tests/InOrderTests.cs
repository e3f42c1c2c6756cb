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

    [Test]
    public void OneAhead_WhileTheCallerWorks_MakesTheNextAndNoMore([Values(2, 5)] int threads)
    {
        var made = 0;
        using var second = new ManualResetEventSlim();
        using var results = InOrder.OneAhead(Context(threads), 9, Make).GetEnumerator();

        Assert.That(results.MoveNext());
        Assert.That(second.Wait(TimeSpan.FromMinutes(1)), "the second is made while nobody asks for it");
        Assert.That((results.Current, Volatile.Read(ref made)), Is.EqualTo((0, 2)));
        Assert.That(results.MoveNext());
        Assert.That(results.Current, Is.EqualTo(1));

        int Make(int at)
        {
            Interlocked.Increment(ref made);
            if (at == 1)
            {
                second.Set();
            }

            return at;
        }
    }

    [Test]
    public void OneAhead_OneThread_MakesNothingBeforeItsTurn()
    {
        var made = 0;
        foreach (var at in InOrder.OneAhead(Context(1), 5, at => (at, ++made).at))
        {
            Assert.That(made, Is.EqualTo(at + 1));
        }

        Assert.That(made, Is.EqualTo(5));
    }

    [Test]
    public void OneAhead_AnItemFails_ThrowsThatInItsTurn([Values(1, 2)] int threads, [Values(0, 2)] int bad)
    {
        using var results = InOrder.OneAhead(Context(threads), 9, at => at == bad ? throw new ModelException("bad") : at).GetEnumerator();

        for (var at = 0; at < bad; at++)
        {
            Assert.That(results.MoveNext());
        }

        Assert.That(() => results.MoveNext(), Throws.TypeOf<ModelException>().With.Message.EqualTo("bad"));
    }

    [Test]
    public void OneAhead_EndedEarly_WaitsForWhatIsUnderWay()
    {
        var (begun, ended) = (0, 0);
        foreach (var at in InOrder.OneAhead(Context(2), 9, Make))
        {
            Assert.That(at, Is.Zero);
            break;
        }

        Assert.That(Volatile.Read(ref ended), Is.EqualTo(Volatile.Read(ref begun)));

        int Make(int at)
        {
            Interlocked.Increment(ref begun);
            Thread.Sleep(at == 0 ? 0 : 20);
            Interlocked.Increment(ref ended);
            return at;
        }
    }

    private static AnalysisContext Context(int threads) => new() { Models = [Models.Make()], Compute = new CpuCompute(threads), Results = new CollectedResults() };
}
