namespace PluginLens.Toolkit;

/// <summary>Normally distributed numbers from a seeded source.</summary>
public static class NormalNumbers
{
    /// <summary>A standard normal number, by the Box-Muller transform.</summary>
    /// <param name="random">The source.</param>
    public static double Next(Random random)
    {
        ArgumentNullException.ThrowIfNull(random);
        return Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
    }

    /// <summary>A matrix of them.</summary>
    /// <param name="random">The source.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Number of columns.</param>
    public static Matrix Matrix(Random random, int rows, int columns)
    {
        var numbers = new float[rows * columns];
        for (var at = 0; at < numbers.Length; at++)
        {
            numbers[at] = (float)Next(random);
        }

        return new Matrix(numbers, rows, columns);
    }
}
