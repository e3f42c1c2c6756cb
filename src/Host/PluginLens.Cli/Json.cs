using Newtonsoft.Json;
using PluginLens.Host;

namespace PluginLens.Cli;

/// <summary>JSON on standard output.</summary>
internal static class Json
{
    /// <summary>Prints any object graph, indented.</summary>
    /// <param name="value">Anonymous objects, dictionaries, lists.</param>
    public static void Print(object value) => Console.WriteLine(TerminalWriter.SpelledJson(JsonConvert.SerializeObject(value, Formatting.Indented)));
}
