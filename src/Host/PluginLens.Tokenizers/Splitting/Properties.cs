namespace PluginLens.Tokenizers.Splitting;

/// <summary>Names that <c>\p{...}</c> and <c>[:...:]</c> take in Oniguruma, as insides of .NET's character classes.</summary>
internal static class Properties
{
    /// <summary>Letters, marks, decimal digits and connectors, with what else Unicode calls alphabetic.</summary>
    public const string Word = @"\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}\u24B6-\u24E9";

    private static readonly string[] Short =
        ["L", "Ll", "Lm", "Lo", "Lt", "Lu", "M", "Mc", "Me", "Mn", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "S", "Sc", "Sk", "Sm", "So",
         "Z", "Zl", "Zp", "Zs", "C", "Cc", "Cf", "Cn", "Co"];

    private static readonly string[] Long =
        ["Letter", "LowercaseLetter", "ModifierLetter", "OtherLetter", "TitlecaseLetter", "UppercaseLetter", "Mark", "SpacingMark", "EnclosingMark", "NonspacingMark",
         "Number", "DecimalNumber", "LetterNumber", "OtherNumber", "Punctuation", "ConnectorPunctuation", "DashPunctuation", "ClosePunctuation", "FinalPunctuation",
         "InitialPunctuation", "OtherPunctuation", "OpenPunctuation", "Symbol", "CurrencySymbol", "ModifierSymbol", "MathSymbol", "OtherSymbol", "Separator",
         "LineSeparator", "ParagraphSeparator", "SpaceSeparator", "Other", "Control", "Format", "Unassigned", "PrivateUse"];

    /// <summary>The class of a name.</summary>
    /// <param name="name">As the pattern has it.</param>
    /// <param name="scripts">Receives the script that it names, if any.</param>
    public static string Body(string name, ISet<string> scripts)
    {
        var plain = string.Concat(name.Where(c => c is not (' ' or '_' or '-')));
        for (var i = 0; i < Short.Length; i++)
        {
            if (plain.Equals(Short[i], StringComparison.OrdinalIgnoreCase) || plain.Equals(Long[i], StringComparison.OrdinalIgnoreCase))
            {
                return $@"\p{{{Short[i]}}}";
            }
        }

        switch (plain.ToUpperInvariant())
        {
            case "LC" or "CASEDLETTER":
                return @"\p{Ll}\p{Lt}\p{Lu}";
            case "ANY":
                return @"\s\S";
            case "ASSIGNED":
                return @"\P{Cn}";
            case "ASCII":
                return @"\u0000-\u007F";
            case "BLANK":
                return @"\p{Zs}\t";
            case "DIGIT":
                return @"\p{Nd}";
            case "SPACE" or "WHITESPACE":
                return @"\s";
            case "PUNCT":
                return @"\p{P}$+<=>\^`|~";
            case "XDIGIT":
                return "0-9A-Fa-f";
            case "WORD":
                return Word;
        }

        var script = Scripts.Find(plain)
            ?? throw new InvalidDataException($"Expected a class of characters that this version knows, found '{PieceTable.Shown(name)}' in a pattern.");
        scripts.Add(script);
        return Scripts.ClassBody(script);
    }
}
