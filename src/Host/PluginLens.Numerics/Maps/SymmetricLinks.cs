namespace PluginLens.Numerics.Maps;

/// <summary>A sparse symmetric matrix, row after row, columns ascending.</summary>
internal sealed class SymmetricLinks
{
    private readonly int[] _start;
    private readonly Link[] _links;

    /// <summary>Joins what each row says of the other.</summary>
    /// <param name="rows">One list for each row, each row in it at most once.</param>
    /// <param name="join">Of what i says of j and j of i, 0 = nothing; symmetric.</param>
    public SymmetricLinks(IReadOnlyList<Link[]> rows, Func<double, double, double> join)
    {
        var said = new List<Link>[rows.Count];
        for (var row = 0; row < said.Length; row++)
        {
            said[row] = [];
        }

        for (var row = 0; row < said.Length; row++)
        {
            foreach (var link in rows[row])
            {
                said[link.Row].Add(new Link(row, link.Value));
            }
        }

        _start = new int[rows.Count + 1];
        var all = new List<Link>();
        for (var row = 0; row < said.Length; row++)
        {
            Merge([.. rows[row].OrderBy(link => link.Row)], said[row], join, all);
            _start[row + 1] = all.Count;
        }

        _links = [.. all];
    }

    /// <summary>Number of rows.</summary>
    public int Rows => _start.Length - 1;

    /// <summary>What is linked with one row.</summary>
    /// <param name="row">Which.</param>
    public ReadOnlySpan<Link> this[int row] => _links.AsSpan(_start[row], _start[row + 1] - _start[row]);

    private static void Merge(Link[] says, List<Link> said, Func<double, double, double> join, List<Link> all)
    {
        for (int i = 0, j = 0; i < says.Length || j < said.Count;)
        {
            var mine = i < says.Length ? says[i].Row : int.MaxValue;
            var its = j < said.Count ? said[j].Row : int.MaxValue;
            var row = Math.Min(mine, its);
            all.Add(new Link(row, join(mine == row ? says[i++].Value : 0, its == row ? said[j++].Value : 0)));
        }
    }
}
