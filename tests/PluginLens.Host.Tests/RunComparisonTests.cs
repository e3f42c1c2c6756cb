namespace PluginLens.Host.Tests;

public sealed class RunComparisonTests
{
    [TestCase("a,b\n1,x\n2,y\n", "a,b\n1,x\n2,z\n", "1 of 2 rows differ; first in row 2: b y -> z")]
    [TestCase("a,b\n1,x\n2,y\n", "a,b\n1.5,x\n2.25,y\n", "2 of 2 rows differ; first in row 1: a 1 -> 1.5; numbers by up to 5e-1 (a)")]
    [TestCase("a\n1\n2\n", "a\n1\n", "2 rows -> 1")]
    [TestCase("a\n1\n", "a\n3\n4\n", "1 rows -> 2; 1 of 1 rows differ; first in row 1: a 1 -> 3; numbers by up to 2e+0 (a)")]
    [TestCase("a,b\n", "a,c\n", "columns a, b -> a, c")]
    [TestCase("a\n\"x\n", "a\nx\n", "has other bytes, and is not CSV that can be read")]
    public void TableComparison_SaysRowsFirstAndLargest(string before, string after, string expected)
    {
        using var folder = new TemporaryFolder();

        Assert.That(TableComparison.Of(folder.File("a.csv", before), folder.File("b.csv", after)), Is.EqualTo(expected));
    }

    [Test]
    public void Of_TwoFolders_TellsHowItWasRunFromWhatWasFound()
    {
        using var folder = new TemporaryFolder();
        RecordedRun Run(string name, string fields, string file)
        {
            folder.File($"{name}/same.csv", "a\n1\n");
            folder.File($"{name}/{file}", name);
            folder.File($"{name}/run.json", $$"""{"plugin":"p","command_line":["run"],"started":"{{name}}",{{fields}},"files":["same.csv","{{file}}"]}""");
            return RecordedRun.Read(Path.Combine(folder.Path, name));
        }

        var before = Run("before", """ "notes":["x"],"seed":1,"model":{"name":"m","sha256":"aa"} """, "old.bin");
        var after = Run("after", """ "notes":["y"],"seed":2,"model":{"name":"m","sha256":"bb"} """, "new.bin");

        Assert.That(RunComparison.Of(before, before), Is.Empty);
        Assert.That(RunComparison.Of(before, after), Is.EqualTo(new RunDifference[]
        {
            new("seed", "1 -> 2", false),
            new("model.sha256", "\"aa\" -> \"bb\"", false),
            new("notes", "[\"x\"] -> [\"y\"]", true),
            new("old.bin", "is gone", true),
            new("new.bin", "is new", true),
        }));
    }

    [TestCase("{", "not a run.json")]
    [TestCase("[1]", "not a run.json")]
    [TestCase("{\"plugin\":\"p\"}", "older version")]
    [TestCase("{\"plugin\":\"p\",\"command_line\":[\"run\"],\"inputs\":[1]}", "not a run.json")]
    [TestCase("{\"plugin\":\"p\",\"command_line\":[\"run\"],\"prompts\":[1]}", "not a run.json")]
    [TestCase("{\"plugin\":\"p\",\"command_line\":[\"run\"],\"files\":[[]]}", "not a run.json")]
    public void Read_WhatIsNoRun_IsOneLine(string json, string message)
    {
        using var folder = new TemporaryFolder();
        folder.File("run.json", json);

        Assert.That(() => RecordedRun.Read(folder.Path), Throws.TypeOf<UsageException>().With.Message.Contains(message));
    }
}
