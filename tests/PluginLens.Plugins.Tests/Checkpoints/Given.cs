using PluginLens.Host;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary>Options as the command line gives them.</summary>
internal static class Given
{
    /// <summary>The record with one option.</summary>
    /// <typeparam name="T">The analysis's record.</typeparam>
    /// <param name="name">Name, without hyphens in front.</param>
    /// <param name="text">Its value.</param>
    public static T Option<T>(string name, string text) => (T)OptionsBinder.Bind(typeof(T), typeof(T).Name, [new KeyValuePair<string, string?>(name, text)]);
}
