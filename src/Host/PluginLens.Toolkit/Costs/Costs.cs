namespace PluginLens.Toolkit;

/// <summary>
/// What the parts of an analysis cost, for <see cref="Analysis{TOptions}"/>'s plan: upper bounds, operations and bytes beside the mapped weights. Counts are
/// <c>double</c>, since products of sizes leave the integers.
/// </summary>
public static class Costs
{
    /// <summary>Nothing.</summary>
    public static Cost None { get; } = new(0, 0);

    /// <summary>All parts of an analysis: operations add up, and so does memory, as if everything were held to the end.</summary>
    /// <param name="parts">The parts.</param>
    public static Cost Sum(params IEnumerable<Cost> parts)
    {
        var sum = None;
        foreach (var part in parts)
        {
            sum = new Cost(sum.Flops + part.Flops, sum.Bytes + part.Bytes) { Prunes = sum.Prunes || part.Prunes };
        }

        return sum;
    }

    /// <summary>A part that is done again and again: its memory is that of one time.</summary>
    /// <param name="count">How often.</param>
    /// <param name="part">Once.</param>
    public static Cost Times(double count, Cost part) => part with { Flops = count * part.Flops, Bytes = count > 0 ? part.Bytes : 0 };

    /// <summary>Parts that are done one after the other: operations add up, memory is that of the largest.</summary>
    /// <param name="parts">The parts.</param>
    public static Cost InTurn(params IEnumerable<Cost> parts)
    {
        Cost[] all = [.. parts];
        return Sum(all) with { Bytes = all.Select(part => part.Bytes).DefaultIfEmpty().Max() };
    }

    /// <summary>Prompts that run side by side, as <see cref="PromptBatches"/> runs them: operations add up, memory is that of the largest that run together.</summary>
    /// <param name="context">Says how many threads there are.</param>
    /// <param name="parts">One for each prompt.</param>
    public static Cost SideBySide(AnalysisContext context, params IEnumerable<Cost> parts)
    {
        Cost[] all = [.. parts];
        return Sum(all) with { Bytes = all.Select(part => part.Bytes).OrderDescending().Take(context.Compute.Threads).Sum() };
    }

    /// <summary>A product of an <c>n x r</c> and an <c>r x m</c> matrix, and its result.</summary>
    /// <param name="n">Rows.</param>
    /// <param name="r">Common extent.</param>
    /// <param name="m">Columns.</param>
    /// <param name="size">Bytes of a number: 4, or 8 for float64.</param>
    public static Cost Product(double n, double r, double m, int size = sizeof(float)) => new(2 * n * r * m, size * n * m);

    /// <summary><see cref="Compute.TopRows"/>: the product, the candidates scored again, the lists.</summary>
    /// <param name="vectors">Rows of X.</param>
    /// <param name="width">Width of both.</param>
    /// <param name="tokens">Rows of B that take part.</param>
    /// <param name="k">Asked for of each row.</param>
    public static Cost TopRows(double vectors, double width, double tokens, double k)
    {
        var listed = Math.Min(k, tokens);
        const int Candidate = sizeof(float) + sizeof(int), Listed = sizeof(int) + sizeof(double);
        return new Cost(
            2 * vectors * width * (tokens + listed),
            (2 * sizeof(float) * vectors * width) + (vectors * ((Candidate * Math.Min((3 * listed) + 64, tokens + 32)) + (2 * Listed * listed))) + (2 * sizeof(double) * tokens));
    }

    /// <summary><see cref="Compute.TopPairs"/>: the product, the candidates scored again, packed factors and the list.</summary>
    /// <param name="rows">Rows of A that take part.</param>
    /// <param name="columns">Rows of B that take part.</param>
    /// <param name="width">Width of both.</param>
    /// <param name="k">Asked for.</param>
    public static Cost TopPairs(double rows, double columns, double width, double k)
    {
        var listed = Math.Min(k, rows * columns);
        const int Entry = sizeof(int) + sizeof(int) + sizeof(double);
        return new Cost(2 * width * ((rows * columns) + listed), (sizeof(float) * width * (rows + columns)) + (Entry * (rows + columns)) + (2 * Entry * listed)) { Prunes = true };
    }

    /// <summary>A forward pass of one sequence; a mixture computes all of its experts.</summary>
    /// <param name="config">The model.</param>
    /// <param name="tokens">Length of the sequence.</param>
    /// <param name="layers">Blocks that are computed.</param>
    /// <param name="logits">Whether the unembedding is.</param>
    public static Cost Forward(ModelConfig config, double tokens, double layers, bool logits)
    {
        var experts = config.Metadata.TryGetValue("n_experts", out var text) && int.TryParse(text, out var count) ? Math.Max(1, count) : 1;
        double d = config.DModel, heads = (double)config.NHeads * config.DHead, shared = (double)config.KeyValueHeads * config.DHead, mlp = config.DMlp * (config.GatedMlp ? 3.0 : 2.0) * experts;
        var block = (2 * tokens * d * ((2 * heads) + (2 * shared) + mlp)) + (4 * tokens * tokens * heads);
        var held = tokens * ((8 * d) + (2 * heads) + (2 * shared) + mlp + (2 * config.NHeads * tokens));
        return new Cost((layers * block) + (logits ? 2 * tokens * d * config.DVocab : 0), sizeof(float) * (held + (logits ? 2 * tokens * config.DVocab : 0)));
    }

    /// <summary>Rows of a table, which stay in memory to the end of a run.</summary>
    /// <typeparam name="TRow">The record.</typeparam>
    /// <param name="count">How many.</param>
    public static Cost Rows<TRow>(double count)
    {
        const int Object = 32, Field = 8, TokenWithText = 64;
        return new Cost(0, count * (Object + typeof(TRow).GetProperties().Sum(property => Nullable.GetUnderlyingType(property.PropertyType) is { } plain
            ? plain == typeof(Token) ? TokenWithText + Field : 2 * Field
            : property.PropertyType == typeof(Token) ? TokenWithText : Field)));
    }

    /// <summary>Embeddings that are stored in half precision or as codes and widened while an analysis reads them; nothing for float32, which is read where it lies.</summary>
    /// <param name="model">The model.</param>
    public static Cost Widened(Model model)
    {
        var matrix = sizeof(float) * (double)model.Config.DVocab * model.Config.DModel;
        return new Cost(0, model.Config.Metadata.GetValueOrDefault("dtype") is "float16" or "bfloat16" or "stored" ? (model.HasWeight("unembed.W_U") ? 2 : 1) * matrix : 0);
    }

    /// <summary>How many tokens of a vocabulary take part.</summary>
    /// <param name="model">The model.</param>
    /// <param name="mask">Of a filter; null = all.</param>
    public static double Kept(Model model, bool[]? mask) => mask?.Count(kept => kept) ?? model.Config.DVocab;
}
