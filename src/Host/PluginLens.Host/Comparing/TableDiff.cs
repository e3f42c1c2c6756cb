using System.Globalization;

namespace PluginLens.Host;

/// <summary>Compares a table of two runs, list by list: what both have is forgotten as soon as it is compared.</summary>
internal sealed class TableDiff
{
    private readonly string _name;
    private readonly DiffLayout _layout;
    private readonly DiffOptions _options;
    private readonly ColumnSum[] _columns;
    private readonly Foremost<ListDifference> _lists;
    private readonly Foremost<RowDifference>[] _rows;
    private readonly Foremost<ListPair> _pairs = new(12);
    private readonly int _score;
    private (long A, long B, long Common, long Moved, long Lists, long Both) _count;
    private (double Jaccard, double Top, double Spearman, long Correlated) _sum;

    private TableDiff(string name, DiffLayout layout, DiffOptions options)
    {
        (_name, _layout, _options) = (name, layout, options);
        _columns = [.. layout.Values.Select(column => new ColumnSum(column, layout.Kinds[column]))];
        _score = layout.Values.ToList().IndexOf(layout.Score);
        _lists = new Foremost<ListDifference>(options.Rows);
        _rows = [.. Enum.GetValues<RowChange>().Select(_ => new Foremost<RowDifference>(options.Rows))];
    }

    /// <summary>How far they agree.</summary>
    public TableDifference Whole => new(
        _name, _count.A, _count.B, _count.Common, _count.A - _count.Common, _count.B - _count.Common, _count.Moved, _count.Lists, _count.Both,
        Mean(_sum.Jaccard, _count.Both), Mean(_sum.Top, _count.Both), Mean(_sum.Spearman, _sum.Correlated));

    /// <summary>The columns that are compared.</summary>
    public IEnumerable<ColumnDifference> Columns => _columns.Select(column => column.Result(_name));

    /// <summary>Lists that agree least; those that agree wholly are none of them.</summary>
    public IEnumerable<ListDifference> Lists => _lists.Things;

    /// <summary>Rows that changed, those of each kind that changed most.</summary>
    public IEnumerable<RowDifference> Rows => _rows.SelectMany(rows => rows.Things);

    /// <summary>Lists that agree least, with their rows.</summary>
    public IEnumerable<ListPair> Pairs => _pairs.Things;

    /// <summary>What the columns mean to the comparison, and what is not told.</summary>
    public IEnumerable<string> Notes
    {
        get
        {
            yield return $"{_name}: rows are told apart by {(_layout.Key.Count > 0 ? string.Join(", ", _layout.Key) : "their place")}{(_layout.Group.Count > 0 ? $"; a list is one {string.Join(", ", _layout.Group)}" : string.Empty)}";
            if (_layout.OnlyA.Count + _layout.OnlyB.Count > 0)
            {
                yield return $"{_name}: columns of one run alone are not compared: {string.Join(", ", _layout.OnlyA.Concat(_layout.OnlyB))}";
            }

            foreach (var (change, rows) in Enum.GetValues<RowChange>().Zip(_rows).Where(pair => pair.Second.Left > 0))
            {
                yield return $"{_name}: {rows.Left} more rows are {Names.Kebab(change.ToString())}; --rows 0 tells all";
            }

            if (_lists.Left > 0)
            {
                yield return $"{_name}: {_lists.Left} more lists differ; --rows 0 tells all";
            }
        }
    }

    /// <summary>Compares.</summary>
    /// <param name="a">In the first run.</param>
    /// <param name="b">In the second.</param>
    /// <param name="options">What is told.</param>
    /// <param name="sameIds">Whether ids of tokens mean the same in both.</param>
    public static TableDiff Of(StoredTable a, StoredTable b, DiffOptions options, bool sameIds)
    {
        var layout = DiffLayout.Of(a, b, options, sameIds);
        var diff = new TableDiff(a.Name, layout, options);
        var (waitingA, waitingB, held) = (new Dictionary<string, List<DiffRow>>(StringComparer.Ordinal), new Dictionary<string, List<DiffRow>>(StringComparer.Ordinal), 0L);
        using var listsA = new DiffRows(a, layout).Lists().GetEnumerator();
        using var listsB = new DiffRows(b, layout).Lists().GetEnumerator();
        for (var (moreA, moreB) = (listsA.MoveNext(), listsB.MoveNext()); moreA || moreB; (moreA, moreB) = (moreA && listsA.MoveNext(), moreB && listsB.MoveNext()))
        {
            if (moreA)
            {
                Meet(listsA.Current, waitingB, waitingA, isA: true);
            }

            if (moreB)
            {
                Meet(listsB.Current, waitingA, waitingB, isA: false);
            }
        }

        foreach (var (group, rows) in waitingA)
        {
            diff.Compare(group, rows, []);
        }

        foreach (var (group, rows) in waitingB)
        {
            diff.Compare(group, [], rows);
        }

        return diff;

        void Meet((string Group, List<DiffRow> Rows) list, Dictionary<string, List<DiffRow>> others, Dictionary<string, List<DiffRow>> waiting, bool isA)
        {
            if (others.Remove(list.Group, out var other))
            {
                held -= other.Count;
                diff.Compare(list.Group, isA ? list.Rows : other, isA ? other : list.Rows);
                return;
            }

            waiting.Add(list.Group, list.Rows);
            held += list.Rows.Count;
            if (held > DiffRows.Most)
            {
                throw new UsageException($"Table '{a.Name}': more than {DiffRows.Most} rows of lists that the other run has later or not at all; a comparison holds that many. Compare runs of the same layers and heads.");
            }
        }
    }

    private static double? Mean(double sum, long count) => count > 0 ? sum / count : null;

    private static double? Number(string text) => StoredTable.TryNumber(text, out var number) ? number : null;

    private void Compare(string group, List<DiffRow> a, List<DiffRow> b)
    {
        var (inA, inB) = (a.ToDictionary(row => row.Key, StringComparer.Ordinal), b.ToDictionary(row => row.Key, StringComparer.Ordinal));
        var common = a.Where(row => inB.ContainsKey(row.Key)).Select(row => (A: row, B: inB[row.Key])).ToList();
        var all = a.Count + b.Count - common.Count;
        var (jaccard, top) = (all > 0 ? (double)common.Count / all : 1, TopShared(a, b));
        var (spearman, isBoth) = (Correlation(common), a.Count > 0 && b.Count > 0);
        _count = (_count.A + a.Count, _count.B + b.Count, _count.Common + common.Count, _count.Moved, _count.Lists + 1, _count.Both + (isBoth ? 1 : 0));
        _sum = (_sum.Jaccard + (isBoth ? jaccard : 0), _sum.Top + (isBoth ? top : 0), _sum.Spearman + (spearman ?? 0), _sum.Correlated + (spearman is null ? 0 : 1));

        var distance = (2 - jaccard - top) + (spearman is { } rho ? (1 - rho) / 2 : 0);
        if (distance > 0)
        {
            _lists.Add(distance, () => new ListDifference(_name, Text(_layout.Group, group), a.Count, b.Count, common.Count, jaccard, top, spearman));
            _pairs.Add(distance, () => new ListPair(_name, Text(_layout.Group, group), [.. a.Select(row => Shown(row, inB.GetValueOrDefault(row.Key), RowChange.Gone))], [.. b.Select(row => Shown(row, inA.GetValueOrDefault(row.Key), RowChange.New))]));
        }

        TellRows(group, a, b, common);
    }

    private void TellRows(string group, List<DiffRow> a, List<DiffRow> b, List<(DiffRow A, DiffRow B)> common)
    {
        var keys = common.Select(pair => pair.A.Key).ToHashSet(StringComparer.Ordinal);
        foreach (var row in a.Where(row => !keys.Contains(row.Key)))
        {
            Tell(RowChange.Gone, -row.Rank, group, row, null);
        }

        foreach (var row in b.Where(row => !keys.Contains(row.Key)))
        {
            Tell(RowChange.New, -row.Rank, group, null, row);
        }

        foreach (var (rowA, rowB) in common)
        {
            var differs = false;
            for (var column = 0; column < _columns.Length; column++)
            {
                differs |= _columns[column].Add(rowA.Values[column], rowB.Values[column], () => Where(group, rowA.Key));
            }

            if (_layout.HasRank && rowA.Rank != rowB.Rank)
            {
                _count.Moved++;
                Tell(RowChange.Moved, Math.Abs(rowA.Rank - rowB.Rank), group, rowA, rowB);
            }
            else if (differs)
            {
                Tell(RowChange.Changed, _score >= 0 && Number(rowA.Values[_score]) is { } x && Number(rowB.Values[_score]) is { } y ? Math.Abs(x - y) : 0, group, rowA, rowB);
            }
        }
    }

    private void Tell(RowChange change, double measure, string group, DiffRow? a, DiffRow? b) => _rows[(int)change].Add(measure, () => new RowDifference(
        _name, change, Text(_layout.Group, group), OwnText((a ?? b)!.Key), a?.Rank, b?.Rank, _layout.Score,
        a is not null && _score >= 0 ? Number(a.Values[_score]) : null, b is not null && _score >= 0 ? Number(b.Values[_score]) : null));

    private double TopShared(List<DiffRow> a, List<DiffRow> b)
    {
        var k = Math.Min(_options.K, Math.Max(a.Count, b.Count));
        return k == 0 ? 1 : a.Take(k).Select(row => row.Key).Intersect(b.Take(k).Select(row => row.Key), StringComparer.Ordinal).Count() / (double)k;
    }

    /// <summary>By rank, or where rows have none by the first number.</summary>
    private double? Correlation(List<(DiffRow A, DiffRow B)> common)
    {
        if (_layout.HasRank)
        {
            return RankCorrelation.Of([.. common.Select(pair => (double)pair.A.Rank)], [.. common.Select(pair => (double)pair.B.Rank)]);
        }

        if (_score < 0)
        {
            return null;
        }

        var numbers = common.Select(pair => (A: Number(pair.A.Values[_score]), B: Number(pair.B.Values[_score]))).Where(pair => pair.A is not null && pair.B is not null).ToList();
        return RankCorrelation.Of([.. numbers.Select(pair => pair.A!.Value)], [.. numbers.Select(pair => pair.B!.Value)]);
    }

    private PairedRow Shown(DiffRow row, DiffRow? other, RowChange alone) => new(
        row.Rank, OwnText(row.Key), _score >= 0 ? Number(row.Values[_score]) : null, other is null ? alone : _layout.HasRank && other.Rank != row.Rank ? RowChange.Moved : null);

    private string Where(string group, string key) => string.Join(", ", ((string[])[Text(_layout.Group, group), OwnText(key)]).Where(text => text.Length > 0));

    /// <summary>The key columns that a list does not share.</summary>
    private string OwnText(string key) => Text(_layout.Key, key, _layout.Group);

    private string Text(IReadOnlyList<string> names, string joined, IReadOnlyList<string>? without = null)
    {
        var (fields, count) = (joined.Split('\u001F'), joined.Split("\u001F\u001F#") is [_, var time] ? $" #{time}" : string.Empty);
        var shown = names.Select((name, at) => (Name: name, Field: at < fields.Length ? fields[at] : string.Empty))
            .Where(pair => without?.Contains(pair.Name) != true && !(pair.Name.EndsWith("_id", StringComparison.Ordinal) && names.Contains(pair.Name[..^3])));
        return string.Join(", ", shown.Select(pair => $"{pair.Name} {(_layout.Kinds[pair.Name] == ColumnKind.Token ? DisplayText.Token(pair.Field) : DisplayText.Text(pair.Field))}")) + count;
    }

    /// <summary>The differences of one column, added up.</summary>
    private sealed class ColumnSum(string name, ColumnKind kind)
    {
        private long _compared, _changed, _numbers;
        private double _sum, _largest = -1;
        private (string Where, string A, string B) _most = (string.Empty, string.Empty, string.Empty);

        public bool Add(string a, string b, Func<string> where)
        {
            _compared += a.Length > 0 && b.Length > 0 ? 1 : 0;
            var differs = a != b;
            _changed += differs ? 1 : 0;
            if (kind is ColumnKind.Number or ColumnKind.Integer && Number(a) is { } x && Number(b) is { } y)
            {
                var difference = x.Equals(y) ? 0 : Math.Abs(x - y);
                (_numbers, _sum) = (_numbers + 1, _sum + difference);
                if (difference > _largest)
                {
                    (_largest, _most) = (difference, difference > 0 ? (where(), a, b) : _most);
                }
            }
            else if (differs && _most.Where.Length == 0)
            {
                _most = (where(), a, b);
            }

            return differs;
        }

        public ColumnDifference Result(string table) => new(
            table, name, _compared, _changed, _numbers > 0 ? _sum / _numbers : null, _numbers > 0 ? _largest : null, _most.Where, Shown(_most.A), Shown(_most.B));

        private string Shown(string text) => kind == ColumnKind.Number && Number(text) is { } number ? number.ToString("G7", CultureInfo.InvariantCulture) : DisplayText.Text(text);
    }
}
