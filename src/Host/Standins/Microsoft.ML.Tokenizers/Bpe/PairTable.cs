namespace Microsoft.ML.Tokenizers;

/// <summary>Which two neighbouring symbols merge, how early, and into what.</summary>
internal abstract class PairTable
{
    /// <summary>What <see cref="Find"/> answers for a pair that does not merge; later than any merge.</summary>
    public const long None = long.MaxValue;

    /// <summary>Rank in the upper half, id of the merged symbol in the lower; smaller merges first.</summary>
    public abstract long Find(int left, int right);

    protected static long Pack(int rank, int id) => ((long)rank << 32) | (uint)id;

    protected static long Key(int left, int right) => ((long)left << 32) | (uint)right;
}
