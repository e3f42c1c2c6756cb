namespace PluginLens.Host;

/// <summary>A figure that came from another process, whose own types this one may not know.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Content">Everything that it says, <c>kind</c> and title included.</param>
internal sealed record PipedFigure(string Title, FigureNode Content) : Figure(Title);
