namespace PluginLens.Plugins;

/// <summary>
/// What fine-tuning wrote into the weights: for each parameter vector <c>delta = tuned - original</c>, the words of delta and of -delta.
/// First <c>--model</c>: original; second: tuned. "Good" vectors are counted by a proxy: the share of opinion-lexicon words among the top words.
/// Dar et al., "Analyzing Transformers in Embedding Space", section 4.3 and appendix D.
/// </summary>
[Holds(Verdict.Undefined, Trait.Experts, "neurons belong to experts")]
[Holds(Verdict.Undefined, Trait.NoTokenizer, "words need a tokenizer")]
[Holds(Verdict.Approximate, Trait.NoUnembed, "there is no unembedding: W_E stands on the output side too")]
[Holds(Verdict.Approximate, Trait.MaskedLmHead, "the masked-LM head between the last block and the unembedding is left out")]
[Holds(Verdict.Approximate, Trait.SublayerNorm, "a norm follows each sublayer and is left out")]
[Holds(Verdict.Approximate, Trait.PostNorm, "a norm follows each residual sum and is left out")]
public sealed class FinetuneDiff : Analysis<FinetuneDiffOptions>
{
    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, FinetuneDiffOptions options)
    {
        var (original, tuned) = (context.Model, context.RequireSecondModel());
        Comparable(original, tuned);
        var embeddings = new Embeddings(original, options.Embedding);
        var lexicon = new Lexicon(options.Lexicon);
        var keep = options.Mask(original);
        var summary = context.Results.Table<GroupChange>("groups");
        var table = context.Results.Table<DiffWord>("finetune-diff", groupBy: 3);
        var (before, after) = (new Parameters(original), new Parameters(tuned));
        var changed = new List<ChangedVector>();
        foreach (var group in before.Groups)
        {
            foreach (var layer in options.Layer.Of(original.Config.NLayers, "layer"))
            {
                context.Cancellation.ThrowIfCancellationRequested();
                context.Progress.Report(new Progress((int)group, before.Groups.Count, $"{Parameters.Name(group)} layer {layer}"));
                var delta = Difference(after.Rows(group, layer), before.Rows(group, layer), out var norms);
                var moved = Enumerable.Range(0, norms.Length).Where(at => norms[at] > 0).ToList();
                changed.AddRange(moved.Select(at => new ChangedVector(0, Parameters.Name(group), layer, at, norms[at])));
                if (moved.Count > 0)
                {
                    Compare(group, layer, delta, norms, moved);
                }
            }
        }

        if (tuned.HasWeight("classifier.W"))
        {
            Classifier(context, options, new Embeddings(tuned, options.Embedding), keep);
        }

        Report(context, options, changed);
        context.Results.Note($"reading side {embeddings.Name(writes: false)}, writing side {embeddings.Name(writes: true)}; weights {original.Config.ProcessingName}; {lexicon.Description}{PaddingNote.Of(original, options)}");

        void Compare(ParameterGroup group, int layer, Matrix delta, double[] norms, List<int> moved)
        {
            var writes = Parameters.Writes(group);
            var longest = Math.Max(options.K, options.Pool);
            var best = context.Compute.TopRows(delta, embeddings.Of(writes), new RowQuery { K = longest, Keep = keep });
            var worst = context.Compute.TopRows(delta, embeddings.Of(writes), new RowQuery { K = longest, Keep = keep, Order = RowOrder.Smallest });
            var (still, opposite) = (Ends(RowOrder.Largest), Ends(RowOrder.Smallest));
            RowTopK Ends(RowOrder order) => context.Compute.TopRows(before.Rows(group, layer), embeddings.Of(writes), new RowQuery { K = options.Pool, Keep = keep, Order = order });
            double Share(RowTopK lists, int row) => lexicon.Share(lists.IdsOf(row)[..Math.Min(options.Pool, lists.K)], original);
            double Better(int row) => Math.Max(Share(best, row), Share(worst, row));
            summary.Add(new GroupChange(
                Parameters.Name(group), layer, moved.Count, moved.Average(row => norms[row]), moved.Average(Better), moved.Average(row => Math.Max(Share(still, row), Share(opposite, row))), moved.Count(row => Better(row) >= options.Good)));
            foreach (var row in Chosen(context, options, norms, moved))
            {
                for (var rank = 0; rank < Math.Min(options.K, best.K); rank++)
                {
                    table.Add(new DiffWord(
                        Parameters.Name(group), layer, row, rank + 1, original.Token(best.IdsOf(row)[rank]), best.ScoresOf(row)[rank], original.Token(worst.IdsOf(row)[rank]), -worst.ScoresOf(row)[rank]));
                }
            }
        }
    }

    private static void Comparable(Model original, Model tuned)
    {
        var (a, b) = (original.Config, tuned.Config);
        if ((a.NLayers, a.DModel, a.NHeads, a.DMlp, a.DVocab) != (b.NLayers, b.DModel, b.NHeads, b.DMlp, b.DVocab) || a.ProcessingName != b.ProcessingName)
        {
            throw new UsageException($"finetune-diff compares two states of one model: '{a.Name}' has {a.NLayers} layers, d_model {a.DModel}, vocabulary {a.DVocab}, weights {a.ProcessingName}; '{b.Name}' {b.NLayers}, {b.DModel}, {b.DVocab}, {b.ProcessingName}.");
        }
    }

    private static IEnumerable<int> Chosen(AnalysisContext context, FinetuneDiffOptions options, double[] norms, List<int> moved)
    {
        if (options.Select == DiffSelection.Largest)
        {
            return moved.OrderByDescending(row => norms[row]).ThenBy(row => row).Take(options.Sample);
        }

        var drawn = moved.ToArray();
        context.Random.Shuffle(drawn);
        return drawn.Take(options.Sample).Order();
    }

    /// <summary>Row by row tuned - original, and the length of each difference.</summary>
    private static Matrix Difference(Matrix tuned, Matrix original, out double[] norms)
    {
        var delta = new float[tuned.Rows * tuned.Columns];
        var row = new float[tuned.Columns];
        norms = new double[tuned.Rows];
        for (var at = 0; at < tuned.Rows; at++)
        {
            var target = delta.AsSpan(at * tuned.Columns, tuned.Columns);
            tuned.CopyRow(at, target);
            original.CopyRow(at, row);
            var square = 0.0;
            for (var column = 0; column < row.Length; column++)
            {
                target[column] -= row[column];
                square += (double)target[column] * target[column];
            }

            norms[at] = Math.Sqrt(square);
        }

        return new Matrix(delta, tuned.Rows, tuned.Columns);
    }

    /// <summary>The classifier's rows as words: class 1 (positive) beside class 0 (negative).</summary>
    private static void Classifier(AnalysisContext context, FinetuneDiffOptions options, Embeddings embeddings, bool[]? keep)
    {
        var rows = context.SecondModel!.Weight("classifier.W").AsMatrix().Transpose();
        var words = context.Compute.TopRows(rows, embeddings.Reading, new RowQuery { K = options.Pool, Keep = keep });
        var table = context.Results.Table<ClassifierWord>("classifier");
        for (var rank = 0; rank < words.K && rows.Rows == 2; rank++)
        {
            table.Add(new ClassifierWord(rank + 1, context.Model.Token(words.IdsOf(1)[rank]), words.ScoresOf(1)[rank], context.Model.Token(words.IdsOf(0)[rank]), words.ScoresOf(0)[rank]));
        }
    }

    private static void Report(AnalysisContext context, FinetuneDiffOptions options, List<ChangedVector> changed)
    {
        if (changed.Count == 0)
        {
            context.Results.Note("the two models are identical in every parameter group: nothing to show");
            return;
        }

        var table = context.Results.Table<ChangedVector>("changed");
        var rank = 0;
        foreach (var vector in changed.OrderByDescending(vector => vector.Norm).Take(options.Changed))
        {
            table.Add(vector with { Rank = ++rank });
        }
    }
}

/// <summary>A vector that fine-tuning moved.</summary>
/// <param name="Rank">1 = moved farthest.</param>
/// <param name="Group">Parameter group.</param>
/// <param name="Layer">Layer.</param>
/// <param name="Index">Neuron, or head times d_head plus dimension.</param>
/// <param name="Norm">Length of the difference.</param>
public sealed record ChangedVector(int Rank, string Group, int Layer, int Index, double Norm);

/// <summary>What happened to a parameter group in a layer.</summary>
/// <param name="Group">Parameter group.</param>
/// <param name="Layer">Layer.</param>
/// <param name="Moved">Vectors that changed.</param>
/// <param name="MeanNorm">Mean length of their differences.</param>
/// <param name="LexiconShare">Mean share of lexicon words among the top words of the difference or its negation, the better of the two.</param>
/// <param name="OriginalShare">The same for the original vectors and their negations: the baseline.</param>
/// <param name="Good">Vectors whose share reaches --good.</param>
public sealed record GroupChange(string Group, int Layer, int Moved, double MeanNorm, double LexiconShare, double OriginalShare, int Good);

/// <summary>One rank of the two lists of a difference.</summary>
/// <param name="Group">Parameter group.</param>
/// <param name="Layer">Layer.</param>
/// <param name="Index">Neuron, or head times d_head plus dimension.</param>
/// <param name="Rank">1 = best.</param>
/// <param name="Diff">Token of tuned - original.</param>
/// <param name="DiffScore">Its product.</param>
/// <param name="Negative">Token of original - tuned.</param>
/// <param name="NegativeScore">Its product.</param>
public sealed record DiffWord(string Group, int Layer, int Index, int Rank, Token Diff, double DiffScore, Token Negative, double NegativeScore);

/// <summary>One rank of the classifier's two rows.</summary>
/// <param name="Rank">1 = best.</param>
/// <param name="Positive">Token of the positive row.</param>
/// <param name="PositiveScore">Its product.</param>
/// <param name="Negative">Token of the negative row.</param>
/// <param name="NegativeScore">Its product.</param>
public sealed record ClassifierWord(int Rank, Token Positive, double PositiveScore, Token Negative, double NegativeScore);
