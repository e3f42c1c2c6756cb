using PluginLens.Host;
using SpreadCheetah;
using SpreadCheetah.Styling;

namespace PluginLens.Pictures;

/// <summary>What a sheet has to know of a column before its first row: how wide it is, and which figure's colours its numbers have.</summary>
/// <param name="name">Its name.</param>
/// <param name="kind">What its values are.</param>
/// <param name="figures">Figures whose values may be those of the column.</param>
internal sealed class ColumnLook(string name, ColumnKind kind, IReadOnlyList<FigureColors> figures)
{
    private const int Shades = 64, Widest = 60, Sample = 2_000;
    private readonly HashSet<float>[] _met = [.. figures.Select(_ => new HashSet<float>())];
    private readonly Dictionary<Rgb, StyleId> _styles = [];
    private int _longest = name.Length + 3;
    private long _rows;
    private ColorScale? _scale;

    /// <summary>Texts longer than a cell.</summary>
    public long Cut { get; private set; }

    /// <summary>Its width in characters.</summary>
    public double Width => Math.Min(Widest, _longest) + 1;

    /// <summary>Looks at a value, before anything is written.</summary>
    /// <param name="text">The field.</param>
    public void Meet(string text)
    {
        if (_rows++ < Sample)
        {
            _longest = Math.Max(_longest, kind == ColumnKind.Number ? Math.Min(12, text.Length) : TextWidth.Of(text));
        }

        if (kind == ColumnKind.Number && StoredNumber.TryParse(text, out var number))
        {
            foreach (var (at, figure) in figures.Index())
            {
                if (figure.Values.Contains((float)number))
                {
                    _met[at].Add((float)number);
                }
            }
        }
        else if (kind is ColumnKind.Text or ColumnKind.Token && CellText.IsCut(text))
        {
            Cut++;
        }
    }

    /// <summary>Chooses the figure, after all values were met: the column holds what it shows.</summary>
    public void Settle() => _scale = figures.Where((figure, at) => figure.Values.Count > 1 && _met[at].Count >= 0.95 * figure.Values.Count).Select(figure => figure.Scale).FirstOrDefault();

    /// <summary>The cell of a value.</summary>
    /// <param name="text">The field; empty = no value.</param>
    /// <param name="sheet">Receives the colours.</param>
    public StyledCell Cell(string text, Spreadsheet sheet)
    {
        if (text.Length == 0)
        {
            return new StyledCell((string?)null, null);
        }

        // Beyond 2^53 a number of a spreadsheet is another one; infinity is none.
        return kind switch
        {
            ColumnKind.Integer when long.TryParse(text, out var whole) && Math.Abs((double)whole) <= 9007199254740992 => new StyledCell(whole, null),
            ColumnKind.Number when StoredNumber.TryParse(text, out var number) && double.IsFinite(number) => new StyledCell(number, Style(number, sheet)),
            ColumnKind.Boolean when text is "true" or "false" => new StyledCell(text == "true", null),
            _ => new StyledCell(CellText.Of(text), null),
        };
    }

    private StyleId? Style(double number, Spreadsheet sheet)
    {
        if (_scale is null)
        {
            return null;
        }

        var range = _scale.Most - _scale.Least;
        var shade = range > 0 ? _scale.Least + (range * Math.Round(Math.Clamp((number - _scale.Least) / range, 0, 1) * Shades) / Shades) : number;
        var color = _scale.Of(shade);
        if (!_styles.TryGetValue(color, out var style))
        {
            var contrast = color.Contrast;
            style = _styles[color] = sheet.AddStyle(new Style
            {
                Fill = { Color = System.Drawing.Color.FromArgb(color.R, color.G, color.B) },
                Font = { Color = System.Drawing.Color.FromArgb(contrast.R, contrast.G, contrast.B) },
            });
        }

        return style;
    }
}
