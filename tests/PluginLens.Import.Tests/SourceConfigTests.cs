using PluginLens.Import.Recognition;

namespace PluginLens.Import.Tests;

/// <summary>What of a config.json beside a source is refused before a value of it is asked for.</summary>
public sealed class SourceConfigTests
{
    [TestCase("{\"model_type\":\"gpt2\",\"n_head\":4,\"n_head\":8}", "n_head")]
    [TestCase("[]", "expected an object")]
    [TestCase("{", "not JSON")]
    public void Beside_WhatIsNoConfiguration_IsRefusedInOneLine(string json, string said)
    {
        var folder = Directory.CreateTempSubdirectory("pluginlens-config-");
        try
        {
            File.WriteAllText(Path.Combine(folder.FullName, "config.json"), json);

            Assert.That(() => SourceConfig.Beside(folder.FullName), Throws.TypeOf<ModelException>().With.Message.Contains(said).And.Message.Not.Contains("\n"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
