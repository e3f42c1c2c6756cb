namespace PluginLens.Cli;

/// <summary>What is no error and is hardly meant: said on standard error, once.</summary>
internal static class Hints
{
    private static readonly HashSet<string> Told = [];

    /// <summary>Says it.</summary>
    /// <param name="hint">One line.</param>
    public static void Say(string hint)
    {
        if (Told.Add(hint))
        {
            Console.Error.WriteLine($"pluginlens: {hint}");
        }
    }

    /// <summary>Of variables of the environment that name what is not there.</summary>
    /// <param name="overruled">Variables whose place an option takes.</param>
    public static void SayOfVariables(params string[] overruled)
    {
        foreach (var variable in new[] { ModelLocator.Variable, Host.PluginSearchPath.Variable }.Except(overruled))
        {
            foreach (var folder in (Environment.GetEnvironmentVariable(variable) ?? string.Empty).Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                if (!Directory.Exists(folder))
                {
                    Say($"{variable} '{folder}': {(File.Exists(folder) ? "that is a file" : "no such folder")}; it is left out. Correct the variable, or unset it.");
                }
            }
        }
    }
}
