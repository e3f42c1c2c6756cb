namespace PluginLens.Import.Recognition;

/// <summary>Rotary positions as found in the graph.</summary>
/// <param name="Dim">Rotated dimensions of each head, from the first.</param>
/// <param name="Adjacent">Pairs are neighbours instead of the two halves.</param>
/// <param name="InvFreq">Angle per position of each pair, <c>[dim / 2]</c>.</param>
/// <param name="Factor">Factor on cosine and sine.</param>
internal sealed record RotaryMatch(int Dim, bool Adjacent, double[] InvFreq, double Factor)
{
    /// <summary>Vectors turned by their position.</summary>
    /// <param name="vectors"><c>[count, length, width]</c>.</param>
    /// <param name="length">Positions.</param>
    /// <param name="width">d_head.</param>
    public float[] Rotate(float[] vectors, int length, int width)
    {
        var turned = (float[])vectors.Clone();
        var half = Dim / 2;
        for (var row = 0; row < vectors.Length / width; row++)
        {
            var position = row % length;
            for (var i = 0; i < half; i++)
            {
                var (first, second) = Adjacent ? (2 * i, (2 * i) + 1) : (i, i + half);
                var (a, b) = ((double)vectors[(row * width) + first], (double)vectors[(row * width) + second]);
                var (sin, cos) = Math.SinCos(position * InvFreq[i]);
                turned[(row * width) + first] = (float)(Factor * ((a * cos) - (b * sin)));
                turned[(row * width) + second] = (float)(Factor * ((b * cos) + (a * sin)));
            }
        }

        return turned;
    }
}
