using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PluginLens.Models.Format.Files;

/// <summary>A weight that comes from no map: float32 in pinned memory, which lives as long as anything refers to it.</summary>
internal sealed class PinnedWeight : ModelWeight
{
    /// <summary>As in the data file: kernels sum in an order that depends on alignment, and the same numbers must give the same bits.</summary>
    private const int Alignment = 64;

    private readonly float[] _data;
    private readonly int _start;

    /// <summary>Copies the values.</summary>
    /// <param name="name">Its name in the graph.</param>
    /// <param name="given">The values; shape as the caller checked.</param>
    public PinnedWeight(string name, Tensor given)
        : base(name, ElementType.Float, [.. given.Shape])
    {
        _data = GC.AllocateUninitializedArray<float>(checked(given.Data.Length + (Alignment / sizeof(float))), pinned: true);
        _start = (int)((Alignment - (Place(0) % Alignment)) % Alignment) / sizeof(float);
        given.Span.CopyTo(_data.AsSpan(_start));
    }

    /// <summary>The weight that an analysis gives in the place of another: finite.</summary>
    /// <param name="name">Name of the weight in whose place it stands.</param>
    /// <param name="given">The values; shape as the caller checked.</param>
    public static PinnedWeight Finite(string name, Tensor given)
    {
        var weight = new PinnedWeight(name, given);
        var at = NotFinite.FirstIn(given.Span);
        return at < 0 ? weight : throw new ModelException(
            $"The replacement has {(float.IsNaN(given.Span[at]) ? "NaN" : "infinity")} at {weight.ElementAt(at)}; expected finite numbers.");
    }

    /// <inheritdoc/>
    public override nint Address => Place(_start);

    /// <inheritdoc/>
    public override Tensor Read() => new(Name, _data.AsMemory(_start, Count), Shape);

    private unsafe nint Place(int index) => (nint)Unsafe.AsPointer(ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_data), index));
}
