namespace PluginLens.Plugins.AttentionTokens;

/// <summary>
/// Reads the vectors of attention as tokens: of each head <c>argmax_t (c M)_t + b_t</c> with <c>M = P W_U</c>, <c>d_head x V</c>, made once for all prompts of a batch; q, k and v once a
/// position, products once a pair, scalar products on the upper envelope of the lines <c>s g_t + b_t</c> with g the sum of M's rows.
/// </summary>
internal sealed class AttentionTokenReader
{
    /// <summary>Numbers of activations and ids that a batch of prompts may hold, and vectors of one search.</summary>
    private const long Held = 1 << 25;
    private const int Vectors = 1 << 15;

    private readonly AnalysisContext _context;
    private readonly AttentionReadingOptions _options;
    private readonly AttentionComponent[] _components;
    private readonly HeadVectors _vectors;
    private readonly Matrix _vocabulary;
    private readonly float[]? _bias;
    private readonly double[] _heights;
    private readonly bool[]? _keep;
    private readonly IReadOnlyList<int> _layers;
    private readonly IReadOnlyList<int> _heads;

    /// <summary>Looks at the model.</summary>
    /// <param name="context">The run.</param>
    /// <param name="options">How it is read.</param>
    /// <param name="components">What is read.</param>
    public AttentionTokenReader(AnalysisContext context, AttentionReadingOptions options, IEnumerable<AttentionComponent> components)
    {
        var (model, config, sides) = (context.Model, context.Model.Config, new VocabularySides(context.Model));
        (_context, _options, _components, _vectors, _vocabulary, _keep) = (context, options, [.. components.Distinct()], new HeadVectors(context, options), sides.Writing, new TokenFilter().Mask(model));
        (_layers, _heads) = (options.Layer.Of(config.NLayers, "layer"), options.Head.Of(config.NHeads, "head"));
        var hasBias = options.UnembedBias == OnOff.On && model.HasWeight("unembed.W_U");
        _heights = hasBias ? [.. new VocabularyBias(model).Values] : new double[config.DVocab];
        _bias = hasBias ? Array.ConvertAll(_heights, value => (float)value) : null;
        Description = NoteLine.Of(
            _options.Projection == TokenProjection.Wo ? "vectors through W_O" : "vectors through W_V and the column sums of W_O (--projection utils)",
            sides.Name(writes: true),
            $"weights {config.ProcessingName}{(!_vectors.Folds ? string.Empty : config.Processing.Contains("fold_ln") ? ", centred" : ", norms folded in")}",
            $"{(_vectors.Factors == HeadFactoring.Svd ? "singular factors" : "the weights' own factors")}",
            $"bias of the logits {(hasBias ? "on" : "off")}",
            options.Rotated ? "q and k after their rotation" : config.RotaryDim > 0 ? "q and k before their rotation" : null,
            PaddingNote.Of(model, new TokenFilter()));
    }

    /// <summary>What was done, for notes.</summary>
    public string Description { get; }

    /// <summary>How many heads of a prompt are read.</summary>
    public int Heads => _layers.Count * _heads.Count;

    /// <summary>Every head of every prompt, prompt by prompt, then by layer and head.</summary>
    /// <param name="prompts">The prompts.</param>
    /// <param name="first">The first that is read; those before are done.</param>
    public IEnumerable<HeadCells> Read(IReadOnlyList<Prompt> prompts, int first = 0)
    {
        for (var start = first; start < prompts.Count;)
        {
            // M costs as much as d_model vectors: with eight times as many it is little of the whole, and a run that is killed loses no more.
            var (end, size, vectors) = (start, 0L, 0L);
            do
            {
                var length = prompts[end++].Tokens.Length;
                size += Size(length);
                vectors += (3L * length) + (_components.Contains(AttentionComponent.Hadamard) ? (long)length * length / 2 : 0);
            }
            while (end < prompts.Count && vectors < 8L * _context.Model.Config.DModel && size + Size(prompts[end].Tokens.Length) <= Held);

            // A single prompt may be long: its heads go out one by one, and layers are held a few at a time.
            var together = Enumerable.Range(start, end - start).ToArray();
            var heads = Batch(prompts, together);
            if (together.Length == 1)
            {
                foreach (var head in heads)
                {
                    yield return head[0];
                }
            }
            else
            {
                var all = heads.ToList();
                foreach (var cells in together.SelectMany((_, at) => all.Select(head => head[at])))
                {
                    yield return cells;
                }
            }

            start = end;
        }
    }

    /// <summary>Numbers held for a prompt: activations of the heads, patterns, ids.</summary>
    private long Size(int length) => _layers.Count * (((2L + (_components.Length / 2)) * _context.Model.Config.NHeads * length * length) + (3L * length * _context.Model.Config.NHeads * _context.Model.Config.DHead));

    /// <summary>Head after head the cells of each prompt of a batch.</summary>
    private IEnumerable<HeadCells[]> Batch(IReadOnlyList<Prompt> prompts, int[] together)
    {
        var done = 0;
        foreach (var (layer, runs) in Layers(prompts, together))
        {
            var (q, k) = _options.Rotated ? ("hook_rot_q", "hook_rot_k") : ("hook_q", "hook_k");
            foreach (var head in _heads)
            {
                _context.Cancellation.ThrowIfCancellationRequested();
                _context.Progress.Report(new Progress((together[0] * (double)Heads) + (done++ * together.Length), (double)prompts.Count * Heads, $"L{layer}H{head}"));
                var group = _context.Model.Config.KeyValueHeadOf(head);
                HeadCells[] cells = [.. together.Select((prompt, at) => new HeadCells(
                    layer, head, prompt, prompts[prompt].Tokens, runs[at][LayerPasses.Pattern(layer)][0][head].Span.ToArray(), _context.Model.Config.AttentionDir == "causal"))];
                Fill(_vectors.Of(layer, head), cells, [.. runs.Select(run => new Activity(At(run, q, head), At(run, k, group), At(run, "hook_v", group)))]);
                yield return cells;

                Matrix At(Activations run, string name, int index) => OfHead(run[Hook(layer, name)][0], index);
            }
        }
    }

    private IEnumerable<(int Layer, Activations[] Runs)> Layers(IReadOnlyList<Prompt> prompts, int[] together)
    {
        if (together.Length == 1)
        {
            return LayerPasses.Of(_context, prompts[together[0]], _layers, Hooks).Select(pass => (pass.Layer, new[] { pass.Run }));
        }

        // Each alone: its numbers do not depend on its neighbours, and a run that is taken up again finds the same.
        Activations[] runs = [.. PromptBatches.Run(_context, _context.Model, [.. together.Select(prompt => prompts[prompt])], [.. _layers.SelectMany(layer => Hooks(layer).Append(LayerPasses.Pattern(layer)))], most: 1).Select(batch => batch.Activations)];
        return _layers.Select(layer => (layer, runs));
    }

    private IEnumerable<string> Hooks(int layer) => (_options.Rotated ? new[] { "hook_rot_q", "hook_rot_k", "hook_v" } : ["hook_q", "hook_k", "hook_v"]).Select(name => Hook(layer, name));

    private static string Hook(int layer, string name) => $"blocks.{layer}.attn.{name}";

    /// <summary>One head of <c>[pos,h,dh]</c> as a matrix, <c>pos x dh</c>; copies nothing.</summary>
    private static Matrix OfHead(Tensor tensor, int head)
    {
        var (length, heads, width) = (tensor.Shape[0], tensor.Shape[1], tensor.Shape[2]);
        return new Matrix(tensor.Data[(head * width)..], length, width, heads * width, 1);
    }

    private void Fill(HeadVectors.Basis basis, HeadCells[] cells, Activity[] activities)
    {
        var tokens = _context.Compute.Multiply(basis.Written, _vocabulary.Transpose());
        var search = new Search(_context, tokens, _bias, _keep);
        UpperEnvelope? envelope = null;
        foreach (var (prompt, activity) in cells.Zip(activities))
        {
            Matrix64 Vectors(Matrix of, Matrix64? turn, double[]? shift = null) => HeadVectors.Basis.Read(of, turn, shift);
            var (length, q, k) = (prompt.Tokens.Length, new Lazy<Matrix64>(() => Vectors(activity.Q, basis.Q)), new Lazy<Matrix64>(() => Vectors(activity.K, basis.K)));
            foreach (var component in _components)
            {
                var products = component is AttentionComponent.Hadamard or AttentionComponent.Dot;
                var ids = prompt.Ids[(int)component] = new int[products ? length * length : length];
                if (products)
                {
                    Array.Fill(ids, -1);
                }

                switch (component)
                {
                    case AttentionComponent.Q:
                        search.AddRows(q.Value, ids);
                        break;
                    case AttentionComponent.K:
                        search.AddRows(k.Value, ids);
                        break;
                    case AttentionComponent.V:
                        search.AddRows(Vectors(activity.V, basis.V, basis.Shift), ids);
                        break;
                    case AttentionComponent.Hadamard:
                        foreach (var (i, j) in prompt.Places)
                        {
                            search.AddProduct(q.Value.Row(i), k.Value.Row(j), ids, (i * length) + j);
                        }

                        break;
                    default:
                        // The product of q and k as the model has them: turning both keeps it.
                        envelope ??= new UpperEnvelope(ColumnSums(tokens), _heights, _keep);
                        var (own, other) = (Vectors(activity.Q, null), Vectors(activity.K, null));
                        foreach (var (i, j) in prompt.Places)
                        {
                            ids[(i * length) + j] = envelope.At(Product(own.Row(i), other.Row(j)));
                        }

                        break;
                }
            }
        }

        search.Finish();
    }

    private static double[] ColumnSums(Matrix rows)
    {
        var sums = new double[rows.Columns];
        for (var row = 0; row < rows.Rows; row++)
        {
            var values = rows.Row(row);
            for (var column = 0; column < sums.Length; column++)
            {
                sums[column] += values[column];
            }
        }

        return sums;
    }

    private static double Product(ReadOnlySpan<double> left, ReadOnlySpan<double> right)
    {
        var sum = 0.0;
        for (var at = 0; at < left.Length; at++)
        {
            sum += left[at] * right[at];
        }

        return sum;
    }

    private sealed record Activity(Matrix Q, Matrix K, Matrix V);

    /// <summary>Collects vectors of a head and finds the best token of each, many at a time.</summary>
    private sealed class Search(AnalysisContext context, Matrix tokens, float[]? bias, bool[]? keep)
    {
        private readonly int _width = tokens.Rows;
        private readonly List<(int[] Ids, int At)> _targets = [];
        private readonly float[] _vectors = new float[Vectors * tokens.Rows];

        public void AddRows(Matrix64 rows, int[] ids)
        {
            for (var row = 0; row < rows.Rows; row++)
            {
                var target = Next(ids, row);
                var values = rows.Row(row);
                for (var at = 0; at < values.Length; at++)
                {
                    target[at] = (float)values[at];
                }
            }
        }

        public void AddProduct(ReadOnlySpan<double> left, ReadOnlySpan<double> right, int[] ids, int place)
        {
            var target = Next(ids, place);
            for (var at = 0; at < left.Length; at++)
            {
                target[at] = (float)(left[at] * right[at]);
            }
        }

        public void Finish()
        {
            if (_targets.Count == 0)
            {
                return;
            }

            var best = context.Compute.TopRows(new Matrix(_vectors, _targets.Count, _width), tokens.Transpose(), new RowQuery { K = 1, Bias = bias, Keep = keep });
            foreach (var (row, (ids, at)) in _targets.Index())
            {
                ids[at] = best.Ids[row];
            }

            _targets.Clear();
        }

        private Span<float> Next(int[] ids, int place)
        {
            if (_targets.Count == Vectors)
            {
                Finish();
            }

            _targets.Add((ids, place));
            return _vectors.AsSpan((_targets.Count - 1) * _width, _width);
        }
    }
}
