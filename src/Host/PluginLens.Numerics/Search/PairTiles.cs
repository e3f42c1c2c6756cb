namespace PluginLens.Numerics.Search;

/// <summary>One thread's way to find candidates: a block of rows against blocks of columns, tile by tile.</summary>
/// <param name="candidates">Receives them.</param>
/// <param name="columns">Columns of a tile.</param>
internal abstract class PairTiles(PairCandidates candidates, int columns) : IDisposable
{
    private bool packed;

    protected PairCandidates Candidates => candidates;

    /// <summary>The block of rows: its first place.</summary>
    protected int FirstRow { get; private set; }

    /// <summary>How many rows it has.</summary>
    protected int RowCount { get; private set; }

    /// <summary>The block of columns: its first place.</summary>
    protected int FirstColumn { get; private set; }

    /// <summary>Turns to a block of rows; it is packed when first needed.</summary>
    /// <param name="first">First place.</param>
    /// <param name="count">Rows.</param>
    public void Turn(int first, int count)
    {
        FirstRow = first;
        RowCount = count;
        packed = false;
    }

    /// <summary>Offers the candidates of the block of rows and one of columns.</summary>
    /// <param name="block">Number of the block of columns.</param>
    /// <param name="first">Its first place.</param>
    /// <param name="end">The place after its last.</param>
    /// <param name="token">Watched.</param>
    public void Test(int block, int first, int end, CancellationToken token)
    {
        Meet(block, first);
        for (var column = first; column < end; column += columns)
        {
            token.ThrowIfCancellationRequested();
            Column(column, end);
        }
    }

    public abstract void Dispose();

    /// <summary>Packs what is needed of the two blocks.</summary>
    /// <param name="block">Number of the block of columns.</param>
    /// <param name="first">Its first place.</param>
    protected void Meet(int block, int first)
    {
        if (!packed)
        {
            PackRows();
            packed = true;
        }

        FirstColumn = first;
        TakeColumns(block);
    }

    protected abstract void PackRows();

    protected abstract void TakeColumns(int block);

    /// <summary>Offers the candidates of a column of tiles, down to where norms rule the rest out.</summary>
    /// <param name="column">Its first place.</param>
    /// <param name="end">Columns from here on do not exist.</param>
    protected abstract void Column(int column, int end);
}
