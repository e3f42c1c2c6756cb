using Newtonsoft.Json.Linq;
using static PluginLens.Host.Tests.SampleResults;

namespace PluginLens.Host.Tests.Writers;

/// <summary>The run, its tables and its figures as data.</summary>
public sealed class JsonResultWriterTests
{
    [Test]
    public void Json_HasRunTablesAndFigures()
    {
        var json = JObject.Parse(Written<Some>("json"));

        Assert.That(json.Properties().Select(property => property.Name), Is.EqualTo(["run", "tables", "figures"]));
        Assert.That((string?)json["run"]!["model"]!["name"], Is.EqualTo("fake"));
        Assert.That((string?)json["run"]!["verdict"], Is.EqualTo("exact"));
        var rows = (JArray)json["tables"]!["pairs"]!;
        Assert.That(rows, Has.Count.EqualTo(6));
        Assert.That(rows[1].ToString(Newtonsoft.Json.Formatting.None), Is.EqualTo("""{"layer":0,"input":"\n","input_id":2,"score":-0.1,"kind":"rest","remark":null,"good":false}"""));
    }

    [Test]
    public void Json_Figures_AreDataInSnakeCase()
    {
        var figures = JObject.Parse(Written<Figures>("json"))["figures"]!;

        Assert.That(figures["map"]!.ToString(Newtonsoft.Json.Formatting.None), Is.EqualTo(
            """{"kind":"heatmap","title":"Title","x_title":"x","y_title":"y","x_labels":["a","b"],"y_labels":["c"],"values":[[1.0,null]],"signed":true,"scale":[]}"""));
        Assert.That(figures["points"]!["points"]![0]!["y"]!.Type, Is.EqualTo(JTokenType.Null));
    }
}
