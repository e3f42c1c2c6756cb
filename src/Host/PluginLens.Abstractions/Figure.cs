namespace PluginLens;

/// <summary>A picture as data: writers and the report draw it. Never pixels.</summary>
/// <param name="Title">What it shows.</param>
public abstract record Figure(string Title);

/// <summary>A matrix of values with a colour each.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="XTitle">Meaning of the columns.</param>
/// <param name="YTitle">Meaning of the rows; row 0 is drawn at the top.</param>
/// <param name="XLabels">One label a column.</param>
/// <param name="YLabels">One label a row.</param>
/// <param name="Values">Row by row, <c>[rows][columns]</c>; null = not applicable.</param>
/// <param name="Signed">Whether 0 is the middle of the scale.</param>
public sealed record Heatmap(
    string Title, string XTitle, string YTitle, IReadOnlyList<string> XLabels, IReadOnlyList<string> YLabels, double?[][] Values, bool Signed = false)
    : Figure(Title)
{
    /// <summary>Colours at given values, ascending: between two they mix, beyond the last they stay; empty = as the writer likes.</summary>
    public IReadOnlyList<ColorStop> Scale { get; init; } = [];
}

/// <summary>A colour at a value.</summary>
/// <param name="Value">The value.</param>
/// <param name="Color">Its colour by name, e.g. <c>white</c>.</param>
public sealed record ColorStop(double Value, string Color);

/// <summary>Points in the plane.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="XTitle">Meaning of x.</param>
/// <param name="YTitle">Meaning of y.</param>
/// <param name="Points">The points.</param>
public sealed record Scatter(string Title, string XTitle, string YTitle, IReadOnlyList<ScatterPoint> Points) : Figure(Title);

/// <summary>One point.</summary>
/// <param name="X">Abscissa.</param>
/// <param name="Y">Ordinate.</param>
/// <param name="Label">Text beside or on hover.</param>
/// <param name="Group">Colour group, e.g. <c>layer 3</c>.</param>
/// <param name="Value">Colour value where colours are continuous.</param>
public sealed record ScatterPoint(double X, double Y, string Label, string? Group = null, double? Value = null);

/// <summary>Lines or bars over common labels.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="XTitle">Meaning of the labels.</param>
/// <param name="YTitle">Meaning and unit of the values.</param>
/// <param name="XLabels">One label a value.</param>
/// <param name="Series">Named series of the same length.</param>
/// <param name="AsBars">Bars instead of lines.</param>
public sealed record Chart(
    string Title, string XTitle, string YTitle, IReadOnlyList<string> XLabels, IReadOnlyList<Series> Series, bool AsBars = false)
    : Figure(Title);

/// <summary>One named line or group of bars.</summary>
/// <param name="Name">Legend.</param>
/// <param name="Values">One for each label; null = none.</param>
public sealed record Series(string Name, IReadOnlyList<double?> Values);

/// <summary>A grid of token texts with a colour each (logit-lens tables).</summary>
/// <param name="Title">What it shows.</param>
/// <param name="XTitle">Meaning of the columns.</param>
/// <param name="YTitle">Meaning of the rows.</param>
/// <param name="XLabels">One label a column.</param>
/// <param name="YLabels">One label a row.</param>
/// <param name="Cells">Row by row.</param>
public sealed record TokenGrid(
    string Title, string XTitle, string YTitle, IReadOnlyList<string> XLabels, IReadOnlyList<string> YLabels, TokenCell[][] Cells)
    : Figure(Title);

/// <summary>One cell of a token grid.</summary>
/// <param name="Text">The token.</param>
/// <param name="Value">What the colour shows.</param>
/// <param name="Detail">Shown on hover, e.g. the ten best tokens.</param>
public sealed record TokenCell(string Text, double? Value, string? Detail = null);
