using System.Globalization;

namespace PluginLens.Pictures;

/// <summary>Labels of the rows or columns of a grid: all where there is room, else every second, fifth, tenth ...; long ones are shortened.</summary>
internal sealed class Axis
{
    private const double MostAcross = 130, MostUp = 90;
    private readonly List<string> _labels;
    private readonly double[] _ends;
    private readonly string _title;
    private readonly bool _below, _turned;
    private readonly int _every;
    private readonly double _most;

    /// <summary>An axis of equal cells; labels below that have no room are turned.</summary>
    /// <param name="title">What it is of; may be empty.</param>
    /// <param name="labels">One a cell.</param>
    /// <param name="pitch">From one cell to the next.</param>
    /// <param name="below">Below a picture, or else left of it.</param>
    public Axis(string title, IReadOnlyCollection<string> labels, double pitch, bool below)
        : this(title, labels, [.. Enumerable.Repeat(pitch, labels.Count)], below, turns: true)
    {
    }

    /// <summary>An axis of columns made for their texts: labels that have no room are shortened.</summary>
    /// <param name="title">What it is of; may be empty.</param>
    /// <param name="labels">One a column.</param>
    /// <param name="sizes">From each column to the next.</param>
    public Axis(string title, IReadOnlyCollection<string> labels, double[] sizes)
        : this(title, labels, sizes, below: true, turns: false)
    {
    }

    /// <summary>An axis.</summary>
    /// <param name="title">What it is of; may be empty.</param>
    /// <param name="labels">One a cell.</param>
    /// <param name="sizes">From each cell to the next.</param>
    /// <param name="below">Below a picture, or else left of it.</param>
    /// <param name="turns">Whether labels below may be turned.</param>
    private Axis(string title, IReadOnlyCollection<string> labels, double[] sizes, bool below, bool turns)
    {
        (_title, _below) = (Label.Of(title), below);
        _labels = [.. labels.Select(Label.Of)];
        _ends = [0, .. sizes];
        for (var at = 1; at < _ends.Length; at++)
        {
            _ends[at] += _ends[at - 1];
        }

        double[] widths = [.. _labels.Select(label => Label.Width(label, Sheet.Small))];
        var numbers = _labels.TrueForAll(label => label.Length > 0 && label.All(char.IsAsciiDigit));
        _turned = turns && below && !numbers && widths.Zip(sizes).Any(pair => pair.First > pair.Second - 4);
        _most = _turned ? MostUp : MostAcross;
        var (widest, least) = (Math.Min(_most, widths.DefaultIfEmpty().Max()), sizes.DefaultIfEmpty(1).Min());
        _every = !below || _turned ? Every((Sheet.Small + 1) / least) : numbers ? Every((widest + 4) / least) : 1;
        Extent = 6 + (below && !_turned ? Sheet.Small : widest) + (_title.Length > 0 ? Sheet.Line + 3 : 0);
    }

    /// <summary>How much room it takes beside the picture.</summary>
    public double Extent { get; }

    /// <summary>Width of the title where the picture is narrower than it.</summary>
    public double TitleWidth => Label.Width(_title, Sheet.Small);

    /// <summary>Draws it.</summary>
    /// <param name="sheet">Receives it.</param>
    /// <param name="x">Left edge of the picture.</param>
    /// <param name="y">Lower edge of the picture for an axis below it, else upper edge.</param>
    public void Draw(Sheet sheet, double x, double y)
    {
        for (var at = First(); at < _labels.Count; at += _every)
        {
            var middle = (_ends[at] + _ends[at + 1]) / 2;
            if (!_below)
            {
                sheet.Write(x - 5, y + middle + 4, _labels[at], Anchor.End, _most);
            }
            else if (_turned)
            {
                sheet.Write(x + middle + 4, y + 5, _labels[at], Anchor.End, _most, turned: true);
            }
            else
            {
                sheet.Write(x + middle, y + Sheet.Small + 3, _labels[at], Anchor.Middle, _every > 1 ? _most : _ends[at + 1] - _ends[at] - 2);
            }
        }

        if (_below)
        {
            sheet.Write(x + (_ends[^1] / 2), y + Extent - 3, _title, Anchor.Middle);
        }
        else
        {
            sheet.Write(x - Extent + Sheet.Small, y + (_ends[^1] / 2), _title, Anchor.Middle, turned: true);
        }
    }

    /// <summary>Ranks from 1 on are marked at 10, 20 ..., as places from 0 on are.</summary>
    private int First() => _every > 1 && _labels.Count >= _every && _labels[0] == "1" && _labels[_every - 1] == _every.ToString(CultureInfo.InvariantCulture) ? _every - 1 : 0;

    private static int Every(double least)
    {
        for (var power = 1; ; power *= 10)
        {
            foreach (var step in new[] { 1, 2, 5 })
            {
                if (power * step >= least)
                {
                    return power * step;
                }
            }
        }
    }
}
