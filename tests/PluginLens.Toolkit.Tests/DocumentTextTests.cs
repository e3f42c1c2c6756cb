namespace PluginLens.Toolkit.Tests;

/// <summary>Texts as Python prints them, and tables read back as they were written.</summary>
public sealed class DocumentTextTests
{
    /// <summary>What <c>repr(text)[1:-1]</c> gives.</summary>
    [TestCase(" the", " the")]
    [TestCase("it's", "it's")]
    [TestCase("\"", "\"")]
    [TestCase("'\"", "\\'\"")]
    [TestCase("\\\n\r\t", "\\\\\\n\\r\\t")]
    [TestCase("\0\u001f\u007f\u0085", "\\x00\\x1f\\x7f\\x85")]
    [TestCase("\u00a0\u00ad\u200b\u3000\ufeff", "\\xa0\\xad\\u200b\\u3000\\ufeff")]
    [TestCase("é日\ufffd", "é日\ufffd")]
    [TestCase("\U0001F600\U000E0001", "\U0001F600\\U000e0001")]
    public void Repr_IsPythons(string text, string repr) => Assert.That(DocumentText.Repr(text), Is.EqualTo(repr));

    /// <summary>No text of an attribute: those are UTF-8, which has no halves of characters.</summary>
    [Test]
    public void Repr_OfHalfACharacter_IsItsCode() => Assert.That(DocumentText.Repr("\ud800x"), Is.EqualTo("\\ud800x"));

    [Test]
    public void CsvRecords_QuotesLineBreaksAndEmptyFields_ReadBack()
    {
        string[][] rows = [["a", "b,\"c\""], ["x\ny", ""], ["\r\n", "\"\""], ["", "end"]];
        var text = string.Concat(rows.Select(row => string.Join(',', row.Select(DocumentText.Field)) + "\n"));

        Assert.That(CsvRecords.Read(new StringReader(text)), Is.EqualTo(rows));
        Assert.That(CsvRecords.Read(new StringReader("a,b\r\nc,")), Is.EqualTo(new[] { new[] { "a", "b" }, ["c", ""] }), "other line ends, none at the end");
        Assert.That(CsvRecords.Read(new StringReader(string.Empty)), Is.Empty);
        Assert.That(() => CsvRecords.Read(new StringReader("a,\"b")).ToList(), Throws.TypeOf<FormatException>());
    }
}
