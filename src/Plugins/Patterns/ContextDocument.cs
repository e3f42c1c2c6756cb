using System.Globalization;
using System.Text;

namespace PluginLens.Plugins.Patterns;

/// <summary>The layout of McCormick's notebook, section 3: what it prints of each layer, and its table of heads.</summary>
/// <param name="model">The model.</param>
internal sealed class ContextDocument(Model model)
{
    private readonly StringBuilder _table = new(",Closest Word,Layer,Head,Top-k,Scores\n");
    private readonly StringBuilder _printed = new();
    private int _rows;

    /// <summary>Takes what is printed of a layer.</summary>
    /// <param name="state">The state.</param>
    public void Add(ContextState state)
    {
        // The notebook prints the prediction once, before its layers.
        if (_printed.Length == 0)
        {
            _printed.Append(DocumentText.Line($"Predicted next token: {state.Predicted.Text}\n"));
        }

        _printed.Append(DocumentText.Line($"Layer {state.Layer}"))
            .Append(DocumentText.Line($"   Dot product with predicted token '{state.Predicted.Text}': {state.PredictedLogit:0.000}"))
            .Append(DocumentText.Line($"   Closest word: {Spaced(state.Closest.Id)} ({state.ClosestLogit:0.000})\n"));
    }

    /// <summary>Takes a row of the table.</summary>
    /// <param name="layer">Layer.</param>
    /// <param name="head">Query head.</param>
    /// <param name="closest">Id of the closest word.</param>
    /// <param name="list">The words of the pattern.</param>
    public void Add(int layer, int head, int closest, TokenList list) => _table.Append(DocumentText.Line(
        $"{_rows++},{DocumentText.Field(Spaced(closest))},{layer},{head},{DocumentText.Field(string.Concat(list.Ids.Select(id => $"{DocumentText.Right(Marked(id), 8)}, ")))},{DocumentText.Field(string.Concat(list.Scores.Select(score => $"{DocumentText.TwoDigits(score)}, ")))}"));

    /// <summary>Writes both files.</summary>
    /// <param name="context">The run.</param>
    /// <param name="suffix">Added to their names.</param>
    public void Write(AnalysisContext context, string suffix)
    {
        DocumentText.Write(context, $"patterns-context-document{suffix}.csv", _table);
        DocumentText.Write(context, $"patterns-context-document{suffix}.txt", _printed);
    }

    private string Piece(int id) => model.Tokenizer?.Piece(id) ?? string.Create(CultureInfo.InvariantCulture, $"[{id}]");

    private string Spaced(int id) => Piece(id).Replace('Ġ', ' ').Replace('▁', ' ');

    /// <summary>The mark of a leading space is left out, its absence marked.</summary>
    private string Marked(int id) => Piece(id) is ['Ġ' or '▁', .. var word] ? word : $"…{Piece(id)}";
}
