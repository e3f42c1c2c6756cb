using System.Runtime.InteropServices;

namespace PluginLens.Benchmarks;

/// <summary>Seeded data, also written as raw float32 so that other programs measure on the same numbers.</summary>
/// <param name="folder">Where to write; null = nowhere.</param>
internal sealed class Factors(string? folder)
{
    /// <summary>Normal rows, with norms spread by exp(sigma * normal).</summary>
    /// <param name="name">Name of the file.</param>
    /// <param name="seed">Seed.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="sigma">0 = iid.</param>
    public Matrix Make(string name, int seed, int rows, int columns, double sigma)
    {
        var random = new Random(seed);
        var data = new float[rows * columns];
        for (var row = 0; row < rows; row++)
        {
            var norm = Math.Exp(sigma * Normal(random));
            for (var column = 0; column < columns; column++)
            {
                data[(row * columns) + column] = (float)(norm * Normal(random));
            }
        }

        if (folder is not null)
        {
            using var file = File.Create(Path.Combine(folder, name + ".f32"));
            file.Write(MemoryMarshal.AsBytes(data.AsSpan()));
        }

        return new Matrix(data, rows, columns);
    }

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
