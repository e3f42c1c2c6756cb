namespace PluginLens.Import.Recognition;

/// <summary>How the q, k or v of all heads come out of a linear map.</summary>
/// <param name="Linear">The map; q, k and v may share one.</param>
/// <param name="Columns">Its column for each head and dimension, <c>[heads * d_head]</c>.</param>
/// <param name="Heads">Heads before any repetition for grouped queries.</param>
/// <param name="Width">d_head.</param>
/// <param name="Source">The last tensor that still holds plain copies of the columns.</param>
/// <param name="Values">The vectors in the run, <c>[batch, heads, pos, d_head]</c>.</param>
internal sealed record HeadProjection(Linear Linear, int[] Columns, int Heads, int Width, string Source, float[] Values)
{
    /// <summary>Keeps the first of each group of equal heads, where keys and values were repeated for the queries of a group.</summary>
    public HeadProjection WithoutRepetition(int batch)
    {
        var distinct = Enumerable.Range(0, Heads).Select(h => string.Join(',', Columns.Skip(h * Width).Take(Width))).Distinct().Count();
        if (distinct == Heads || Heads % distinct != 0)
        {
            return this;
        }

        var group = Heads / distinct;
        for (var h = 0; h < Heads; h++)
        {
            if (!Columns.AsSpan(h * Width, Width).SequenceEqual(Columns.AsSpan(h / group * group * Width, Width)))
            {
                return this;
            }
        }

        return this with { Heads = distinct, Columns = [.. Columns.Where((_, i) => i / Width % group == 0)], Values = Repetition.Remove(Values, batch, Heads, distinct) };
    }
}
