namespace PluginLens.Import.Probe;

/// <summary>A tensor as it was when the source graph ran: integers and booleans are numbers here too.</summary>
/// <param name="Shape">Its shape.</param>
/// <param name="Values">Row-major values.</param>
internal sealed record ProbeTensor(long[] Shape, float[] Values)
{
    public int Rank => Shape.Length;

    /// <summary>A dimension counted from the front, or from the back where negative.</summary>
    public int Dim(int axis) => (int)Shape[axis < 0 ? axis + Shape.Length : axis];
}
