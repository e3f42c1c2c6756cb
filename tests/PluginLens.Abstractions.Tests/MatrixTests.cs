namespace PluginLens.Tests;

public sealed class MatrixTests
{
    private static readonly Matrix Sample = new(new float[] { 1, 2, 3, 4, 5, 6 }, 2, 3);

    [Test]
    public void Row_IsAView() => Assert.That(Sample.Row(1).ToArray(), Is.EqualTo([4f, 5f, 6f]));

    [Test]
    public void Transpose_ExchangesRowsAndColumnsWithoutCopy()
    {
        var transposed = Sample.Transpose();
        var column = new float[2];
        transposed.CopyRow(2, column);

        Assert.That((transposed.Rows, transposed.Columns), Is.EqualTo((3, 2)));
        Assert.That(column, Is.EqualTo([3f, 6f]));
        Assert.That(transposed.Transpose(), Is.EqualTo(Sample));
    }

    [Test]
    public void Row_OfTransposed_IsRefused()
    {
        Assert.That(() => Sample.Transpose().Row(0).ToArray(), Throws.InvalidOperationException.With.Message.Contains("CopyRow"));
    }

    [Test]
    public void Slice_TakesABandOfRows()
    {
        Assert.That(Sample.Slice(1, 1).Row(0).ToArray(), Is.EqualTo([4f, 5f, 6f]));
        Assert.That(Sample.Slice(2, 0).Rows, Is.Zero);
        Assert.That(() => Sample.Slice(1, 2), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => Sample.Slice(1, int.MaxValue), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Constructor_TooFewElements_IsRefused()
    {
        Assert.That(() => new Matrix(new float[5], 2, 3), Throws.ArgumentException.With.Message.Contains("2 x 3"));
    }

    [Test]
    public void Tensor_IndexedByHead_IsAViewOfThatHead()
    {
        var tensor = new Tensor("W", new float[] { 1, 2, 3, 4, 5, 6, 7, 8 }, 2, 2, 2);

        Assert.That(tensor[1].AsMatrix().Row(0).ToArray(), Is.EqualTo([5f, 6f]));
        Assert.That(tensor.AsMatrix().Rows, Is.EqualTo(4));
        Assert.That(() => tensor[2], Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => new Tensor("W", new float[3], 2, 2), Throws.ArgumentException.With.Message.Contains("[2,2]"));
    }
}
