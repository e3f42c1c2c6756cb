using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace PluginLens.Import.Recognition;

/// <summary>The config.json beside the source, where there is one: for what a graph cannot say.</summary>
/// <param name="Values">Its values; empty where there is none.</param>
internal sealed record SourceConfig(JObject Values)
{
    public static SourceConfig Beside(string folder)
    {
        var path = new[] { folder, Path.GetDirectoryName(folder) ?? folder }.Take(Path.GetFileName(folder) == "onnx" ? 2 : 1)
            .Select(f => Path.Combine(f, "config.json")).FirstOrDefault(File.Exists);
        if (path is null)
        {
            return new SourceConfig(new JObject());
        }

        try
        {
            return new SourceConfig(JObject.Parse(File.ReadAllText(path)));
        }
        catch (JsonReaderException e)
        {
            throw new ModelException($"config.json beside the model is not JSON ({e.Message.Split('\n')[0].TrimEnd('.')}); repair it or take it away.", e);
        }
    }

    public string? ModelType => Values["model_type"]?.Type == JTokenType.String ? Values.Value<string>("model_type") : null;

    /// <summary>The first of some whole numbers that is there.</summary>
    public int? Count(params string[] keys) =>
        keys.Select(k => Values[k]).Where(v => v?.Type == JTokenType.Integer).Select(v => (int?)v!.Value<int>()).FirstOrDefault();
}
