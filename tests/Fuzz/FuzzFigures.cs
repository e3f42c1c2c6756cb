using System.Globalization;

namespace PluginLens.Fuzz;

/// <summary>What became of a number of inputs.</summary>
/// <param name="Inputs">How many were tried.</param>
/// <param name="Refused">How many were refused in one line; the others were read.</param>
/// <param name="Faults">What must not be: for each the number of the input, and what happened.</param>
/// <param name="LargestAllocation">Most bytes that one input made the reader allocate.</param>
/// <param name="Slowest">Longest that one input took.</param>
public sealed record FuzzFigures(int Inputs, int Refused, IReadOnlyList<string> Faults, long LargestAllocation, TimeSpan Slowest)
{
    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Inputs,6} inputs, {Inputs - Refused - Faults.Count,6} read, {Refused,6} refused, {Faults.Count,3} faults, most allocated {LargestAllocation / 1048576.0,6:0.0} MB, slowest {Slowest.TotalSeconds,5:0.00} s");
}
