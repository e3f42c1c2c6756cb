namespace PluginLens.Pictures;

/// <summary>A picture: shapes in the order in which they are painted, in pixels of 1/96 inch from the top left.</summary>
/// <param name="Title">What it shows, for readers of the screen.</param>
/// <param name="Width">Width.</param>
/// <param name="Height">Height.</param>
/// <param name="Shapes">What is painted.</param>
internal sealed record Drawing(string Title, double Width, double Height, IReadOnlyList<Shape> Shapes);

/// <summary>One thing that is painted.</summary>
/// <param name="Tip">Said where the pointer rests on it; null = nothing.</param>
internal abstract record Shape(string? Tip = null);

/// <summary>A filled rectangle; its edges lie on whole pixels.</summary>
internal sealed record Box(double X, double Y, double Width, double Height, Rgb Fill, string? Tip = null) : Shape(Tip);

/// <summary>A line through points.</summary>
internal sealed record Stroke(IReadOnlyList<(double X, double Y)> Points, Rgb Color, double Thickness = 1) : Shape;

/// <summary>A filled circle.</summary>
internal sealed record Dot(double X, double Y, double Radius, Rgb Fill, string? Tip = null) : Shape(Tip);

/// <summary>A line of text whose base line begins, has its middle or ends at a point.</summary>
/// <param name="X">The point.</param>
/// <param name="Y">The point.</param>
/// <param name="Words">What is written; everything in it can be seen.</param>
/// <param name="Size">Height of the letters with their room.</param>
/// <param name="Color">Colour.</param>
/// <param name="Anchor">Which part lies at the point.</param>
/// <param name="Turned">Whether it reads from the bottom upwards.</param>
/// <param name="Tip">The whole text, where this is a shortened one.</param>
/// <param name="Halo">Whether paper shows around the letters: what they lie on does not run into them.</param>
internal sealed record Writing(double X, double Y, string Words, double Size, Rgb Color, Anchor Anchor = Anchor.Start, bool Turned = false, string? Tip = null, bool Halo = false) : Shape(Tip);

/// <summary>Cells of equal size, too many for a shape each.</summary>
/// <param name="X">Left edge.</param>
/// <param name="Y">Upper edge.</param>
/// <param name="Width">Width of all.</param>
/// <param name="Height">Height of all.</param>
/// <param name="Columns">Cells beside each other.</param>
/// <param name="Rows">Cells one below the other.</param>
/// <param name="Colors">Row by row.</param>
internal sealed record Cells(double X, double Y, double Width, double Height, int Columns, int Rows, Rgb[] Colors) : Shape;

/// <summary>Which part of a text lies at its point.</summary>
internal enum Anchor
{
    /// <summary>Where it begins.</summary>
    Start,

    /// <summary>Its middle.</summary>
    Middle,

    /// <summary>Where it ends.</summary>
    End,
}
