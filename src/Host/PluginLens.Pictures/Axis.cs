namespace PluginLens.Pictures;

/// <summary>Labels of the rows or columns of a grid: all where there is room, else every second, fifth, tenth ...; long ones are shortened.</summary>
internal sealed class Axis
{
    private const double MostAcross = 130, MostUp = 90;
    private readonly List<string> _labels;
    private readonly double _pitch;
    private readonly string _title;
    private readonly bool _below;
    private readonly int _every;
    private readonly bool _turned;
    private readonly double _most;

    /// <summary>An axis.</summary>
    /// <param name="title">What it is of; may be empty.</param>
    /// <param name="labels">One a cell.</param>
    /// <param name="pitch">From one cell to the next.</param>
    /// <param name="below">Below a picture, or else left of it.</param>
    public Axis(string title, IEnumerable<string> labels, double pitch, bool below)
    {
        (_title, _pitch, _below) = (Label.Of(title), pitch, below);
        _labels = [.. labels.Select(Label.Of)];
        var widest = Math.Min(MostAcross, _labels.Select(label => Label.Width(label, Sheet.Small)).DefaultIfEmpty().Max());
        var numbers = _labels.TrueForAll(label => label.Length > 0 && label.All(char.IsAsciiDigit));
        _turned = below && widest > pitch - 3 && !(numbers && widest < 40);
        _most = _turned ? MostUp : MostAcross;
        widest = Math.Min(widest, _most);
        _every = Every((below && !_turned ? widest + 4 : Sheet.Small + 1) / pitch);
        Extent = 6 + (below && !_turned ? Sheet.Small : widest) + (_title.Length > 0 ? Sheet.Line + 3 : 0);
    }

    /// <summary>How much room it takes beside the picture.</summary>
    public double Extent { get; }

    /// <summary>Draws it.</summary>
    /// <param name="sheet">Receives it.</param>
    /// <param name="x">Left edge of the picture.</param>
    /// <param name="y">Lower edge of the picture for an axis below it, else upper edge.</param>
    public void Draw(Sheet sheet, double x, double y)
    {
        for (var at = 0; at < _labels.Count; at += _every)
        {
            var middle = (at + 0.5) * _pitch;
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
                sheet.Write(x + middle, y + Sheet.Small + 3, _labels[at], Anchor.Middle, _most);
            }
        }

        var length = _pitch * _labels.Count;
        if (_below)
        {
            sheet.Write(x + (length / 2), y + Extent - 3, _title, Anchor.Middle);
        }
        else
        {
            sheet.Write(x - Extent + Sheet.Small, y + (length / 2), _title, Anchor.Middle, turned: true);
        }
    }

    /// <summary>Width of the title where the picture is narrower than it.</summary>
    public double TitleWidth => Label.Width(_title, Sheet.Small);

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
