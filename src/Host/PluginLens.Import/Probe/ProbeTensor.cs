using PluginLens.Models.Sessions;

namespace PluginLens.Import.Probe;

/// <summary>A tensor as it was when the source graph ran: integers and booleans are numbers here too.</summary>
/// <param name="Shape">Its shape.</param>
/// <param name="Values">Row-major values.</param>
internal sealed record ProbeTensor(long[] Shape, float[] Values)
{
    /// <summary>What came out of a session, or went in.</summary>
    public static ProbeTensor Of(GraphArray array) => new(array.Shape, array.Values switch
    {
        float[] values => values,
        double[] values => Array.ConvertAll(values, v => (float)v),
        long[] values => Array.ConvertAll(values, v => (float)v),
        int[] values => Array.ConvertAll(values, v => (float)v),
        var values => Array.ConvertAll((bool[])values, v => v ? 1f : 0f),
    });

    public int Rank => Shape.Length;

    /// <summary>A dimension counted from the front, or from the back where negative.</summary>
    public int Dim(int axis) => (int)Shape[axis < 0 ? axis + Shape.Length : axis];
}
