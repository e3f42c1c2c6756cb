namespace PluginLens.Host;

/// <summary>What takes everything that an analysis pushes: the store of the run, or the pipe to the process that has it.</summary>
public abstract class ResultSink
{
    private protected ResultSink()
    {
    }

    /// <summary>Opens a table, or finds the one that an earlier turn opened under this name and with these columns.</summary>
    /// <param name="name">Kebab-case.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="groupBy">How many leading columns form a group.</param>
    /// <param name="key">Of the turn: part of the name where an earlier turn's table has other columns.</param>
    /// <returns>What takes its rows.</returns>
    internal abstract Action<object> OpenTable(string name, IReadOnlyList<Column> columns, int groupBy, string key);

    /// <summary>Takes a figure.</summary>
    internal abstract void AddFigure(string name, Figure figure);

    /// <summary>Takes a file.</summary>
    internal abstract void AddFile(string name, Action<Stream> write);

    /// <summary>Takes a note.</summary>
    internal abstract void AddNote(string line);

    /// <summary>Takes a warning.</summary>
    internal abstract void AddWarning(string line);

    /// <summary>Prompts whose rows are there from an earlier run.</summary>
    internal virtual int PromptsDone => 0;

    /// <summary>Remembers how far the rows are whole.</summary>
    /// <param name="count">Prompts finished.</param>
    internal virtual void MarkPromptsDone(int count)
    {
    }
}
