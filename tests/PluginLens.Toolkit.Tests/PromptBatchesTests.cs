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
