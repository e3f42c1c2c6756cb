using PluginLens.Import.Probe;
using PluginLens.Import.Recognition;
using PluginLens.Import.Source;
using PluginLens.Models;
using PluginLens.Models.Format;

namespace PluginLens.Import;

/// <summary>Runs the source and the written folder on the same tokens; an import that differs is refused.</summary>
/// <param name="transformer">What was recognised.</param>
/// <param name="roles">What the source's inputs hold.</param>
internal sealed class NumericCheck(Transformer transformer, IReadOnlyDictionary<string, InputRole> roles)
{
    private const double Tolerance = 1e-4;
    // Numbers of formulas and tables (cosines, scales) that were rounded to half precision are written exactly; the source keeps its rounded ones.
    private const double HalfTolerance = 2e-2;
    // Rounding grows with the numbers: beyond this magnitude the tolerance is relative.
    private const double Large = 32;
    private const int Longest = 64;
    private const int LongestStream = 2048;
    private const long LongWork = 400_000_000_000;
    private readonly SourceModel _source = transformer.Reading.Model;

    private double Allowed => _source.HasHalves ? HalfTolerance : Tolerance;

    private int TokenTypes => roles.Values.Contains(InputRole.TokenTypes) ? 2 : 1;

    /// <summary>Compares the two; throws where they differ.</summary>
    /// <param name="folder">The written folder.</param>
    /// <param name="cancellation">Stops between runs.</param>
    public CheckResult Run(string folder, CancellationToken cancellation)
    {
        using var model = ModelFolder.Open(folder, new OpenOptions { Device = Device.Cpu, Weights = WeightsPolicy.Ignore });
        using var session = SourceSession.AsStored(_source, transformer.Head.Output);
        var hook = model.Proto.Graph.Output[0].Name;
        double worst = 0, largest = 0;
        var compared = new List<string>();
        foreach (var (batch, padded) in Batches(model.Config))
        {
            cancellation.ThrowIfCancellationRequested();
            var expected = Expected(session, batch, transformer.Head.Output);
            var found = model.Run(Input(batch, model), [hook])[hook].Data.ToArray();
            var (difference, magnitude) = Compare(batch, expected, found);
            (worst, largest) = (Math.Max(worst, difference), Math.Max(largest, magnitude));
            compared.Add($"{batch.Batch} x {batch.Length}{(padded > 0 ? $" ({padded} padded)" : "")}");
            if (!IsRounding(difference, magnitude))
            {
                throw new ModelException(
                    $"The imported model is not the source: {hook} differ by {difference:g3} on {compared[^1]} tokens (at most {Allowed:g1} is rounding); {WherePart(model)}. Nothing was written.");
            }
        }

        if (LongLength(model) is var length && length > Longest && StreamsAgree(model, length))
        {
            compared.Add($"1 x {length}");
        }

        return new CheckResult(worst, largest, string.Join(", ", compared));
    }

    private ProbeTensor Expected(SourceSession session, TokenBatch batch, string output) => session.Run(Feed.Of(_source, roles, batch))[output];

    /// <summary>
    /// A window or a change of the positions' scale may begin far out. Logits of a long sequence are large, so the last block's stream is
    /// compared there; as long as the context, or as far as some seconds of work reach.
    /// </summary>
    /// <returns>False where the source is not as long as its context was taken to be, for want of a configuration.</returns>
    private bool StreamsAgree(OnnxModel model, int length)
    {
        var batch = TokenBatch.Scattered(1, length, model.Config.DVocab, TokenTypes);
        var block = transformer.Blocks[^1];
        using var session = new SourceSession(_source, transformer.Reading.Fused.Needed(block.End), [block.End]);
        ProbeTensor expected;
        try
        {
            expected = Expected(session, batch, block.End);
        }
        catch (ModelException) when (transformer.Embedding.Positions is null)
        {
            return false;
        }

        var hook = End(block);
        var (difference, magnitude) = Compare(batch, expected with { Shape = [1, length, model.Config.DModel] }, model.Run(Input(batch, model), [hook])[hook].Data.ToArray());
        if (!IsRounding(difference, magnitude))
        {
            throw new ModelException(
                $"The imported model is not the source: {hook} differs by {difference:g3} on {length} tokens, though they agree on {Longest}; " +
                "what lies far back is treated in another way than the importer knows. Nothing was written.");
        }

        return true;
    }

    private int LongLength(OnnxModel model)
    {
        var weights = model.WeightNames.Where(n => n.StartsWith("blocks.", StringComparison.Ordinal)).Sum(n => model.ShapeOf(n).Aggregate(1L, (a, b) => a * b));
        var tokens = InputRoles.Tokens(_source, roles);
        // Frequencies that were rounded to half precision and are exact here turn away from the source's with every position.
        var drifts = _source.HasHalves && transformer.Blocks[0].Attention.Rotary is not null;
        return drifts || Feed.Fixed(tokens, 1) is not null || Feed.Fixed(tokens, 0) > 1 ? 0 : (int)Math.Min(Math.Min(model.Config.NCtx, LongestStream), LongWork / (2 * weights));
    }

    /// <summary>Whether a difference is no more than rounding; NaN is more.</summary>
    /// <param name="difference">Largest difference.</param>
    /// <param name="magnitude">Largest magnitude.</param>
    private bool IsRounding(double difference, double magnitude) => difference <= Allowed * Math.Max(1, magnitude / Large);

    private static string End(BlockMatch block) => $"blocks.{block.Attention.Layer}.{(block.IsPost ? "hook_normalized_resid_post" : "hook_resid_post")}";

    /// <summary>One token, a few, many; and padding where the model has a mask. A source of one fixed size is run at that size only.</summary>
    private IEnumerable<(TokenBatch Batch, int Padded)> Batches(ModelConfig config)
    {
        var tokens = InputRoles.Tokens(_source, roles);
        var batch = Feed.Fixed(tokens, 0) ?? 2;
        int[] lengths = Feed.Fixed(tokens, 1) is { } length ? [length] : [.. new[] { 1, 7, Math.Min(config.NCtx, Longest) }.Where(l => l <= config.NCtx).Distinct()];
        var masked = config.AttentionDir == "bidirectional" && roles.Values.Contains(InputRole.Mask);
        foreach (var l in lengths)
        {
            yield return (TokenBatch.Scattered(batch, l, config.DVocab, TokenTypes), 0);
            if (masked && l > 4)
            {
                yield return (TokenBatch.Scattered(batch, l, config.DVocab, TokenTypes, padded: l / 3), l / 3);
            }
        }
    }

    private static ModelInput Input(TokenBatch batch, OnnxModel model)
    {
        int[][] Rows(long[] values) => [.. values.Chunk(batch.Length).Select(row => Array.ConvertAll(row, v => (int)v))];
        return new ModelInput(Rows(batch.Ids), model.Config.AttentionDir == "bidirectional" ? Rows(batch.Mask) : null)
        {
            TokenTypeIds = model.HasWeight("token_type_embed.W_token_type") && !model.Config.Metadata.ContainsKey("pos_offset") ? Rows(batch.Types) : null,
        };
    }

    /// <summary>Compares rows of tokens that are not padding; a source that gives the last position only is compared there.</summary>
    private static (double Difference, double Magnitude) Compare(TokenBatch batch, ProbeTensor expected, float[] found)
    {
        var width = expected.Dim(-1);
        var positions = expected.Values.Length / (batch.Batch * width);
        if (found.Length != batch.Batch * batch.Length * width || positions is 0 || (positions != 1 && positions != batch.Length))
        {
            return (double.PositiveInfinity, 0);
        }

        double difference = 0, magnitude = 0;
        for (var row = 0; row < batch.Batch * positions; row++)
        {
            var token = positions == batch.Length ? row : (((row / positions) + 1) * batch.Length) - positions + (row % positions);
            if (batch.Mask[token] == 0)
            {
                continue;
            }

            for (var i = 0; i < width; i++)
            {
                var (e, f) = (expected.Values[(row * width) + i], found[(token * width) + i]);
                magnitude = Math.Max(magnitude, Math.Abs(e));
                difference = float.IsNaN(e - f) ? double.PositiveInfinity : Math.Max(difference, Math.Abs(e - f));
            }
        }

        return (difference, magnitude);
    }

    /// <summary>The first layer whose stream is not the source's, on the tokens of the first run.</summary>
    private string WherePart(OnnxModel model)
    {
        var run = transformer.Reading.Run;
        string[] ends = [.. transformer.Blocks.Select(End)];
        var streams = model.Run(Input(run.Batch, model), ends);
        for (var l = 0; l < ends.Length; l++)
        {
            var expected = run[transformer.Blocks[l].End].Values;
            var found = streams[ends[l]].Data.ToArray();
            var difference = expected.Length == found.Length ? expected.Zip(found).Max(p => Math.Abs((double)p.First - p.Second)) : double.PositiveInfinity;
            if (!IsRounding(difference, expected.Max(Math.Abs)))
            {
                return $"the residual stream parts in layer {l} (by {difference:g3} at {transformer.Reading.Graph.Describe(transformer.Blocks[l].End)})";
            }
        }

        return "the blocks agree on a short sequence, so they part in the head, or at positions that it does not reach";
    }
}
