namespace PluginLens.Pictures.Tests;

/// <summary>Pictures of stored runs.</summary>
public sealed class RunPicturesTests
{
    private const string Heatmap = """{"kind":"heatmap","title":"T","x_title":"x","y_title":"y","x_labels":["a","b"],"y_labels":["c"],"values":[[1.0,null]],"signed":true,"scale":[]}""";

    [TestCase(PictureFormat.Svg)]
    [TestCase(PictureFormat.Png)]
    public void Draw_WritesEveryFigure(PictureFormat format)
    {
        using var run = new StoredRun().Figure("map", Heatmap).Figure("curve", """{"kind":"chart","title":"C","x_title":"x","y_title":"y","x_labels":["a"],"series":[{"name":"s","values":[1.5]}],"as_bars":false}""");

        var written = RunPictures.Draw(run.Read(), format).ToList();

        Assert.That(written.Select(path => Path.GetRelativePath(run.Folder, path).Replace('\\', '/')), Is.EqualTo(new[] { "map", "curve" }.Select(name => $"figures/{name}.{format.ToString().ToLowerInvariant()}")));
        Assert.That(Directory.GetFiles(run.Folder, "*.partial", SearchOption.AllDirectories), Is.Empty);
        if (format == PictureFormat.Svg)
        {
            Assert.That(File.ReadAllText(written[0]), Does.Contain("y c, x a: 1</title>").And.Contain("y c, x b: no value</title>"));
        }
        else
        {
            Assert.That(new PngFile(File.ReadAllBytes(written[0])).Width, Is.GreaterThan(300));
        }
    }

    [Test]
    public void Draw_IntoAFolder_LeavesTheRunAlone()
    {
        using var run = new StoredRun().Figure("map", Heatmap);
        var folder = Path.Combine(run.Folder, "deep", "pictures");

        Assert.That(RunPictures.Draw(run.Read(), PictureFormat.Svg, folder).ToList(), Is.EqualTo([Path.Combine(folder, "map.svg")]));
        Assert.That(Directory.GetFiles(Path.Combine(run.Folder, "figures")), Has.Length.EqualTo(1));
    }

    [TestCase("{", "map.json")]
    [TestCase("""{"title":"T"}""", "'kind' is lacking")]
    [TestCase("""{"title":"T","kind":"pie"}""", "its kind is 'pie'")]
    [TestCase("""{"kind":"heatmap","title":"T","x_title":"x","y_title":"y","x_labels":["a","b"],"y_labels":["c"],"values":[[1.0]],"scale":[]}""", "it has not 1 rows of 2 cells")]
    [TestCase("""{"kind":"heatmap","title":"T","x_title":"x","y_title":"y","x_labels":["a"],"y_labels":["c"],"values":[["one"]],"scale":[]}""", "not a figure")]
    [TestCase("""{"kind":"chart","title":"T","x_title":"x","y_title":"y","x_labels":["a"],"series":[{"name":"s","values":[]}]}""", "a series has not one value")]
    public void Draw_WhatIsNoFigure_IsOneLine(string json, string message)
    {
        using var run = new StoredRun().Figure("map", json);

        Assert.That(() => RunPictures.Draw(run.Read(), PictureFormat.Svg).ToList(), Throws.TypeOf<UsageException>().With.Message.Contains(message).And.Message.Not.Contains("\n"));
    }

    [Test]
    public void Draw_NamesThatLeaveTheFolder_AreNotBelieved()
    {
        using var run = new StoredRun().Figure("map", Heatmap).Figure("../map", Heatmap);

        Assert.That(run.Read().FigureNames, Is.EqualTo(["map"]));
    }
}
