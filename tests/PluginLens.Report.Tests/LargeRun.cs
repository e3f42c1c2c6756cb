using System.Globalization;

namespace PluginLens.Report.Tests;

/// <summary>A run folder with one table of many rows.</summary>
internal static class LargeRun
{
    /// <summary>Writes it.</summary>
    /// <param name="folder">Its path.</param>
    /// <param name="rows">Rows of the table.</param>
    public static void Write(string folder, int rows)
    {
        Directory.CreateDirectory(folder);
        using (var csv = new StreamWriter(Path.Combine(folder, "rows.csv")) { NewLine = "\n" })
        {
            csv.WriteLine("rank,token,token_id,score");
            for (var row = 0; row < rows; row++)
            {
                csv.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{row}, t{row % 4096},{row % 4096},{Math.Sin(row)}"));
            }
        }

        File.WriteAllText(Path.Combine(folder, "run.json"), $$"""{"plugin":"large","command_line":["run"],"tables":[{"name":"rows","rows":{{rows}},"complete":true,"columns":["rank","token","token_id","score"]}],"files":["rows.csv"]}""");
    }
}
