namespace PluginLens.Tokenizers;

/// <summary>The ids of classes that came from fairseq: its four special tokens stand before the pieces of the SentencePiece file, the mask behind them.</summary>
internal static class FairseqNumbering
{
    /// <summary>Renumbers the pieces of a model where the class says so.</summary>
    public static void Apply(SentencePieceModel model, string tokenizerClass)
    {
        if (tokenizerClass is not ("XLMRobertaTokenizer" or "CamembertTokenizer"))
        {
            return;
        }

        if (model.Pieces.Count < 3 || model.UnkId != 0 || model.Pieces[1].Text != "<s>" || model.Pieces[2].Text != "</s>")
        {
            throw new InvalidDataException($"Expected <unk>, <s> and </s> as the first pieces of a {tokenizerClass}, found {string.Join(", ", model.Pieces.Take(3).Select(piece => $"'{PieceTable.Shown(piece.Text)}'"))}.");
        }

        var pieces = model.Pieces.ToList();
        model.Pieces.Clear();
        if (tokenizerClass == "XLMRobertaTokenizer")
        {
            model.Pieces.AddRange([Control("<s>"), Control("<pad>"), Control("</s>"), pieces[0], .. pieces.Skip(3), Control("<mask>")]);
            (model.BosId, model.PadId, model.EosId, model.UnkId) = (0, 1, 2, 3);
        }
        else
        {
            model.Pieces.AddRange([Control("<s>NOTUSED"), Control("<pad>"), Control("</s>NOTUSED"), pieces[0], Control("<unk>NOTUSED"), .. pieces.Skip(1), Control("<mask>")]);
            (model.BosId, model.PadId, model.EosId, model.UnkId) = (5, 1, 6, 3);
        }
    }

    private static (string Text, float Score, SentencePieceType Type) Control(string text) => (text, 0, SentencePieceType.Control);
}
