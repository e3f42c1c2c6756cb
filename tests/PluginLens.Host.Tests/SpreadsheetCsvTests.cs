using System.Text;

namespace PluginLens.Host.Tests;

public sealed class SpreadsheetCsvTests
{
    [Test]
    public void Write_LeavesNoFormula_AndNumbersAsTheyAre()
    {
        using var folder = new TemporaryFolder();
        folder.File("pairs.csv", "token,score,note\n=1+1,-0.5,@x\n -x,1,\n\"a,b\",2,+\n");
        folder.File("run.json", """{"plugin":"p","command_line":["run"],"tables":[{"name":"pairs","rows":3,"columns":["token","score","note"],"kinds":["token","number","text"],"group_by":0}]}""");
        using var file = new MemoryStream();

        SpreadsheetCsv.Write(RecordedRun.Read(folder.Path).Tables.Single(), file);

        Assert.That(Encoding.UTF8.GetString(file.ToArray()), Is.EqualTo("\uFEFFtoken,score,note\n'=1+1,-0.5,'@x\n' -x,1,\n\"a,b\",2,'+\n"));
    }
}
