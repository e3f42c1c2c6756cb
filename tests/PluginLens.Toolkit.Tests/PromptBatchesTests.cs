namespace PluginLens.Toolkit.Tests;

public sealed class PromptBatchesTests
{
    private static readonly string[] Hooks = ["ids"];

    private static readonly FakeModel Model = Models.Make().WithHook("ids", ["batch", "pos"], input => new Tensor(
        "ids", input.Tokens.SelectMany(row => row.Select(id => (float)id)).ToArray(), input.Tokens.Count, input.Tokens[0].Length));

    [Test]
    public void Run_NeighboursOfEqualLengthGoTogether_InOrder()
    {
        var prompts = Prompts([1, 2], [3, 4], [5, 6], [7], [8, 9]);

        var batches = PromptBatches.Run(Context.Of(Model), Model, prompts, Hooks, most: 2).ToList();

        Assert.That(batches.Select(batch => (batch.First, batch.Prompts.Count)), Is.EqualTo([(0, 2), (2, 1), (3, 1), (4, 1)]));
        foreach (var batch in batches)
        {
            for (var row = 0; row < batch.Prompts.Count; row++)
            {
                Assert.That(batch.Prompts[row], Is.SameAs(prompts[batch.First + row]));
                Assert.That(batch.Activations["ids"][row].Span.ToArray(), Is.EqualTo(batch.Prompts[row].Tokens));
            }
        }
    }

    [Test]
    public void Run_LengthsThatAlternate_TakesAPassForEachSixteenOfALength_InOrder([Values(1, 2, 5)] int threads)
    {
        var passes = new System.Collections.Concurrent.ConcurrentBag<(int Count, int Length)>();
        var model = Models.Make().WithHook("ids", ["batch", "pos"], input =>
        {
            passes.Add((input.Tokens.Count, input.Tokens[0].Length));
            return new Tensor("ids", input.Tokens.SelectMany(row => row.Select(id => (float)id)).ToArray(), input.Tokens.Count, input.Tokens[0].Length);
        });
        var prompts = Prompts([.. Enumerable.Range(0, 100).Select(at => Enumerable.Repeat(at % 9, 1 + (at * at % 3)).ToArray())]);
        var told = new List<double>();
        var context = new AnalysisContext { Models = [model], Compute = new Numerics.CpuCompute(threads), Results = new CollectedResults(), Progress = new Told(told) };

        var batches = PromptBatches.Run(context, model, prompts, Hooks).ToList();

        // Squares leave 0, 1, 1: of 100 prompts 34 have one token and 66 two.
        Assert.That(passes, Is.EquivalentTo(new[] { (16, 1), (16, 1), (2, 1), (16, 2), (16, 2), (16, 2), (16, 2), (2, 2) }));
        Assert.That(told, Is.EqualTo(batches.Select(batch => (double)batch.First)));
        Assert.That(batches.SelectMany(batch => batch.Prompts), Is.EqualTo(prompts));
        var index = 0;
        foreach (var batch in batches)
        {
            Assert.That(batch.First, Is.EqualTo(index));
            foreach (var (row, prompt) in batch.Prompts.Index())
            {
                Assert.That(batch.Activations["ids"].Shape, Is.EqualTo(new[] { batch.Prompts.Count, prompt.Tokens.Length }));
                Assert.That(batch.Activations["ids"][row].Span.ToArray(), Is.EqualTo(prompt.Tokens));
                index++;
            }
        }
    }

    [Test]
    public void Run_OneInABatch_LooksForNoOthers()
    {
        var passes = 0;
        var model = Models.Make().WithHook("ids", ["batch", "pos"], input =>
        {
            Interlocked.Increment(ref passes);
            return new Tensor("ids", new float[input.Tokens.Count * input.Tokens[0].Length], input.Tokens.Count, input.Tokens[0].Length);
        });

        Assert.That(PromptBatches.Run(Context.Of(model), model, Prompts([1], [2], [3, 4], [5]), Hooks, most: 1).Select(batch => batch.Prompts.Count), Is.EqualTo(new[] { 1, 1, 1, 1 }));
        Assert.That(passes, Is.EqualTo(4));
    }

    [Test]
    public void Run_PromptThatDoesNotFit_IsRefusedBeforeAnythingRuns()
    {
        Refused(Prompts([1], new int[9]), "Prompt 1 has 9 tokens; model 'model' reads 1 to 8");
        Refused(Prompts(Array.Empty<int>()), "Prompt 0 has 0 tokens");

        static void Refused(Prompt[] prompts, string message) =>
            Assert.That(() => PromptBatches.Run(Context.Of(Model), Model, prompts, Hooks), Throws.TypeOf<UsageException>().With.Message.Contains(message));
    }

    [Test]
    public void Run_Cancelled_StopsBeforeTheNextBatch()
    {
        using var stop = new CancellationTokenSource();
        var told = new List<double>();
        var context = new AnalysisContext
        {
            Models = [Model],
            Compute = new Numerics.CpuCompute(),
            Results = new CollectedResults(),
            Cancellation = stop.Token,
            Progress = new Told(told),
        };
        using var batches = PromptBatches.Run(context, Model, Prompts([1], [2, 3], [4]), Hooks).GetEnumerator();

        Assert.That(batches.MoveNext() && batches.MoveNext());
        stop.Cancel();
        Assert.That(() => batches.MoveNext(), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(told, Is.EqualTo([0, 1]));
    }

    private static Prompt[] Prompts(params int[][] tokens) => Array.ConvertAll(tokens, ids => new Prompt(null, ids));

    private sealed class Told(List<double> done) : IProgress<Progress>
    {
        public void Report(Progress value) => done.Add(value.Done);
    }
}
