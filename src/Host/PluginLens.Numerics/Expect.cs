using System.Numerics.Tensors;

namespace PluginLens.Numerics;

/// <summary>Checks of arguments that say what was expected and what was found.</summary>
internal static class Expect
{
    public static void SameDepth(int left, int right)
    {
        if (left != right)
        {
            throw new ArgumentException($"Expected two factors with as many columns as each other, found {left} and {right}.");
        }
    }

    public static void NotNegative(int k)
    {
        if (k < 0)
        {
            throw new ArgumentException($"Expected how many entries are wanted (0 or more), found {k}.");
        }
    }

    public static void Length(Array? values, int length, string name)
    {
        if (values is not null && values.Length != length)
        {
            throw new ArgumentException($"Expected {length} elements in {name}, found {values.Length}.");
        }
    }

    public static void Finite(float[]? values, string name)
    {
        var index = values is null ? -1 : Array.FindIndex(values, value => !float.IsFinite(value));
        if (index >= 0)
        {
            throw new ArgumentException($"Expected finite numbers in {name}, found {values![index]} at {index}.");
        }
    }

    public static Matrix64 Finite(Matrix64 matrix, string name)
    {
        if (matrix.Data.Length == 0 || double.IsFinite(TensorPrimitives.MaxMagnitude<double>(matrix.Data)))
        {
            return matrix;
        }

        var index = Array.FindIndex(matrix.Data, value => !double.IsFinite(value));
        throw new ArgumentException($"Expected finite numbers in {name}, found {matrix.Data[index]} at row {index / matrix.Columns}, column {index % matrix.Columns}. Check the weights or the input.");
    }

    public static void Width(int found, int expected, string whose)
    {
        if (found != expected)
        {
            throw new ArgumentException($"Expected vectors of {expected} elements for {whose}, found {found}.");
        }
    }
}
