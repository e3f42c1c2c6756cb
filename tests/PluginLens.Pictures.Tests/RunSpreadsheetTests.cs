using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Xml.Linq;

namespace PluginLens.Pictures.Tests;

/// <summary>Spreadsheets, read from the parts of their files; and as LibreOffice reads them, where it is installed.</summary>
public sealed class RunSpreadsheetTests
{
    private const string Hostile = "layer,token,token_id,score,good\n0,=1+1,5,0.5,true\n0,\" the\",6,-0.25,false\n1,\"<b>&\"\"\n\",7,1e-7,true\n1,_x000D_,8,,true\n1,\u0001\u001B,9,2,false\n1,007,10,12.25,true\n";
    private static readonly XNamespace Main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";

    [Test]
    public void Cells_HaveValuesAndTexts_NeverFormulas()
    {
        using var run = new StoredRun().Table("pairs", Hostile, "integer token integer number boolean");
        var file = Written(run);
        var rows = file.Rows("pairs");

        Assert.That(file.SheetNames, Is.EqualTo(["pairs", "about"]));
        Assert.That(rows[0], Is.EqualTo(["layer", "token", "token_id", "score", "good"]));
        Assert.That(rows[1], Is.EqualTo(new object?[] { 0.0, "=1+1", 5.0, 0.5, true }));
        Assert.That(rows[2], Is.EqualTo(new object?[] { 0.0, " the", 6.0, -0.25, false }));
        Assert.That(rows[3], Is.EqualTo(new object?[] { 1.0, "<b>&\"\n", 7.0, 1e-7, true }));
        Assert.That(rows[4], Is.EqualTo(new object?[] { 1.0, "_x000D_", 8.0, null, true }));
        Assert.That(rows[5], Is.EqualTo(new object?[] { 1.0, "\\u{01}\\u{1B}", 9.0, 2.0, false }));
        Assert.That(rows[6][1], Is.EqualTo("007"), "a token of digits stays a text");
        Assert.That(file.Sheet("pairs").Descendants(Main + "f"), Is.Empty);
    }

    [Test]
    public void Sheets_HaveAFrozenHeaderAndFilters()
    {
        using var run = new StoredRun().Table("pairs", Hostile, "integer token integer number boolean");
        var sheet = Written(run).Sheet("pairs");

        Assert.That(sheet.Descendants(Main + "pane").Single().Attribute("ySplit")!.Value, Is.EqualTo("1"));
        Assert.That(sheet.Descendants(Main + "autoFilter").Single().Attribute("ref")!.Value, Is.EqualTo("A1:E7"));
        Assert.That(sheet.Descendants(Main + "col").Count(), Is.EqualTo(5));
    }

    [Test]
    public void ValuesOfAFigure_HaveItsColors()
    {
        using var run = new StoredRun()
            .Table("heads", "head,score,other\n0,-1,5\n1,0,6\n2,1,7\n3,,8\n", "integer number number")
            .Figure("heads", """{"kind":"heatmap","title":"T","x_title":"x","y_title":"y","x_labels":["0","1","2","3"],"y_labels":["c"],"values":[[-1,0,1,null]],"signed":true,"scale":[]}""");
        var file = Written(run);

        Assert.That(file.Fills("heads", column: 1), Is.EqualTo(["FFB2182B", "FFFFFFFF", "FF2166AC"]));
        Assert.That(file.Fills("heads", column: 2), Is.Empty, "no figure shows these");
    }

    [Test]
    public void MoreRowsThanASheetHolds_AreSplit_AndTheFileSaysSo()
    {
        using var run = new StoredRun().Table("pairs", "a\n" + string.Concat(Enumerable.Range(0, 7).Select(row => $"{row}\n")), "integer").Table("none", "a\n", "integer", complete: false);
        var file = Written(run, mostRows: 4);

        Assert.That(file.SheetNames, Is.EqualTo(["pairs (1)", "pairs (2)", "pairs (3)", "none", "about"]));
        Assert.That(file.SheetNames[..3].SelectMany(name => file.Rows(name).Skip(1)).Select(row => row[0]), Is.EqualTo(Enumerable.Range(0, 7).Select(row => (object)(double)row)));
        Assert.That(file.Rows("about").Select(row => row[1]), Has.Some.EqualTo("table pairs: 1 rows, part 3 of 3 (a sheet holds 3 rows; together 7)"));
        Assert.That(file.Rows("about").Select(row => row[1]), Has.Some.EqualTo("table none: 0 rows, incomplete: the run broke off").And.Some.EqualTo("pairs on tiny: exact").And.Some.EqualTo("note: W_E"));
    }

    [Test]
    public void TextsLongerThanACell_AreCut_AndTheFileSaysSo()
    {
        using var run = new StoredRun().Table("texts", $"text\n{new string('x', 40_000)}\nshort\n", "text");
        var file = Written(run);

        Assert.That((string)file.Rows("texts")[1][0]!, Has.Length.EqualTo(32_767).And.EndsWith("x…"));
        Assert.That(file.Rows("about").Select(row => row[1] as string), Has.Some.StartsWith("table texts: 1 texts are longer"));
    }

    [Test]
    public void SheetNames_AreValidAndUnique()
    {
        var names = new SheetNames();
        string[] taken = [names.Take("a/b:c"), names.Take("A/B:C"), names.Take(new string('n', 40)), names.Take(new string('n', 41)), names.Take("history"), names.Take("'x'"), names.Take(new string('n', 40), part: 12)];

        Assert.That(taken, Is.EqualTo(["a_b_c", "A_B_C~2", new string('n', 31), new string('n', 29) + "~2", "history~2", "x", new string('n', 26) + " (12)"]));
    }

    [Test]
    public void File_OpensInLibreOffice_WithTheSameValues()
    {
        using var run = new StoredRun().Table("pairs", Hostile, "integer token integer number boolean");
        var path = Path.Combine(run.Folder, "pairs.xlsx");
        File.WriteAllBytes(path, Bytes(run));
        Assert.That(new XlsxFile(File.ReadAllBytes(path)).SheetNames, Has.Count.EqualTo(2));
        if (Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator).FirstOrDefault(folder => File.Exists(Path.Combine(folder, "soffice"))) is not { } office)
        {
            return;
        }

        var start = new ProcessStartInfo(Path.Combine(office, "soffice"), ["--headless", $"-env:UserInstallation=file://{run.Folder}/profile", "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false", "--outdir", run.Folder, path]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var convert = Process.Start(start)!;
        convert.StandardOutput.ReadToEnd();
        convert.WaitForExit();

        Assert.That(File.ReadAllText(Path.Combine(run.Folder, "pairs.csv")).ReplaceLineEndings("\n"), Is.EqualTo(
            "layer,token,token_id,score,good\n0,=1+1,5,0.5,TRUE\n0, the,6,-0.25,FALSE\n1,\"<b>&\"\"\n\",7,0.0000001,TRUE\n1,_x000D_,8,,TRUE\n1,\\u{01}\\u{1B},9,2,FALSE\n1,007,10,12.25,TRUE\n"));
    }

    private static byte[] Bytes(StoredRun run, int mostRows = 1_048_576)
    {
        using var file = new MemoryStream();
        RunSpreadsheet.Write(run.Read(), file, mostRows);
        return file.ToArray();
    }

    private static XlsxFile Written(StoredRun run, int mostRows = 1_048_576) => new(Bytes(run, mostRows));

    /// <summary>The parts of an xlsx file, as its standard says.</summary>
    private sealed class XlsxFile
    {
        private readonly Dictionary<string, XElement> _parts = [];

        public XlsxFile(byte[] bytes)
        {
            using var zip = new ZipArchive(new MemoryStream(bytes));
            foreach (var entry in zip.Entries)
            {
                using var stream = entry.Open();
                _parts[entry.FullName] = XElement.Load(stream, LoadOptions.PreserveWhitespace);
            }
        }

        public List<string> SheetNames => [.. Part("xl/workbook.xml").Descendants(Main + "sheet").Select(sheet => sheet.Attribute("name")!.Value)];

        public XElement Sheet(string name) => Part($"xl/worksheets/sheet{SheetNames.IndexOf(name) + 1}.xml");

        public List<object?[]> Rows(string name) => [.. Sheet(name).Descendants(Main + "row").Select(row => row.Elements(Main + "c").Select(Value).ToArray())];

        public List<string> Fills(string name, int column)
        {
            var styles = Part("xl/styles.xml");
            var fills = styles.Element(Main + "fills")!.Elements().ToList();
            var formats = styles.Element(Main + "cellXfs")!.Elements().ToList();
            return [.. Sheet(name).Descendants(Main + "row").Skip(1).Select(row => row.Elements(Main + "c").ElementAt(column).Attribute("s")).OfType<XAttribute>()
                .Select(style => fills[(int)formats[(int)style].Attribute("fillId")!].Descendants(Main + "fgColor").SingleOrDefault()?.Attribute("rgb")?.Value).OfType<string>()];
        }

        private static object? Value(XElement cell)
        {
            var value = cell.Element(Main + "v")?.Value;
            return cell.Attribute("t")?.Value switch
            {
                "inlineStr" => System.Text.RegularExpressions.Regex.Replace(cell.Descendants(Main + "t").Single().Value, "_x([0-9A-F]{4})_", escape => $"{(char)Convert.ToInt32(escape.Groups[1].Value, 16)}"),
                "b" => value == "1",
                _ => value is null ? null : double.Parse(value, CultureInfo.InvariantCulture),
            };
        }

        private XElement Part(string name) => _parts[name];
    }
}
