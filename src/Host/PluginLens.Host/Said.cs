namespace PluginLens.Host;

/// <summary>What an exception says of itself. A plugin's own may throw even at that.</summary>
public static class Said
{
    /// <summary>Its message.</summary>
    /// <param name="error">Any exception.</param>
    public static string By(Exception error)
    {
        try
        {
            return error.Message ?? string.Empty;
        }
        catch (Exception other)
        {
            return $"(its message cannot be read: {other.GetType().Name})";
        }
    }

    /// <summary>Everything, stack trace included.</summary>
    /// <param name="error">Any exception.</param>
    public static string Everything(Exception error)
    {
        try
        {
            return error.ToString();
        }
        catch (Exception other)
        {
            return $"{error.GetType().FullName}: {By(error)} (the rest cannot be read: {other.GetType().Name})";
        }
    }
}
