namespace PluginLens;

/// <summary>A token of the vocabulary; as a column it becomes two: <c>name</c> (text) and <c>name_id</c>.</summary>
/// <param name="Id">Row of W_E, column of W_U.</param>
/// <param name="Text">Decoded text; empty for padding ids that no text reaches.</param>
public readonly record struct Token(int Id, string Text);
