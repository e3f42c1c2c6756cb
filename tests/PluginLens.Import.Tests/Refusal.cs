namespace PluginLens.Import.Tests;

/// <summary>Files that are not imported.</summary>
internal static class Refusal
{
    /// <summary>A source is refused in one line that names the cause, and nothing is left behind.</summary>
    /// <param name="source">The file or folder.</param>
    /// <param name="quoted">What the line must hold.</param>
    public static void AssertNames(string source, params string[] quoted)
    {
        var parent = Directory.CreateTempSubdirectory("pluginlens-import-");
        try
        {
            var error = Assert.Throws<ModelException>(() => Importer.Import(source, Path.Combine(parent.FullName, "model")));

            Assert.That(quoted.Where(q => !error!.Message.Contains(q, StringComparison.Ordinal)), Is.Empty, error!.Message);
            Assert.That(error.Message, Does.Not.Contain('\n'));
            Assert.That(parent.GetFileSystemInfos(), Is.Empty, "something was left behind");
        }
        finally
        {
            parent.Delete(recursive: true);
        }
    }
}
