using Microsoft.AspNetCore.Http;
using PluginLens.Host;

namespace PluginLens.Explore;

/// <summary>What a run says while it runs, one JSON object a line: the newest rows of each table, figures, progress. Who reads slowly gets fewer rows, never later ones.</summary>
/// <param name="response">Receives the lines.</param>
internal sealed class RunStream(HttpResponse response) : IProgress<Progress>
{
    private const int MostRows = 20;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private readonly Lock _lock = new();
    private readonly Dictionary<TableData, (Queue<object> Rows, long Count)> _rows = [];
    private readonly List<string> _figures = [];
    private Progress? _progress;

    /// <inheritdoc/>
    public void Report(Progress value)
    {
        lock (_lock)
        {
            _progress = value;
        }
    }

    /// <summary>A row was found.</summary>
    /// <param name="table">Its table.</param>
    /// <param name="row">The row.</param>
    public void Row(TableData table, object row)
    {
        lock (_lock)
        {
            var rows = _rows.TryGetValue(table, out var known) ? known.Rows : [];
            rows.Enqueue(row);
            if (rows.Count > MostRows)
            {
                rows.Dequeue();
            }

            _rows[table] = (rows, table.Count);
        }
    }

    /// <summary>A figure was found.</summary>
    /// <param name="figure">The figure.</param>
    public void Figure(NamedFigure figure)
    {
        lock (_lock)
        {
            _figures.Add(figure.Figure.Title);
        }
    }

    /// <summary>Writes a line at once.</summary>
    /// <param name="value">An object.</param>
    /// <param name="cancellation">Set when nobody reads any more.</param>
    public async Task Say(object value, CancellationToken cancellation)
    {
        await response.WriteAsync($"{Answer.Text(value)}\n", cancellation);
        await response.Body.FlushAsync(cancellation);
    }

    /// <summary>Writes what comes until a run has ended.</summary>
    /// <param name="run">The run.</param>
    /// <param name="cancellation">Set when nobody reads any more.</param>
    public async Task Follow(Task run, CancellationToken cancellation)
    {
        while (true)
        {
            var ended = await Task.WhenAny(run, Task.Delay(Pause, cancellation)) == run;
            foreach (var line in Taken())
            {
                await Say(line, cancellation);
            }

            if (ended)
            {
                return;
            }
        }
    }

    private List<object> Taken()
    {
        var lines = new List<object>();
        lock (_lock)
        {
            foreach (var (table, (rows, count)) in _rows)
            {
                lines.Add(new
                {
                    table = table.Name,
                    count,
                    columns = table.Columns.Select(column => new { name = column.Name, kind = Names.Kebab(column.Kind.ToString()) }),
                    rows = rows.Select(row => table.Columns.Select(column => column.Get(row)).ToArray()).ToArray(),
                });
            }

            lines.AddRange(_figures.Select(title => new { figure = title }));
            if (_progress is { } progress)
            {
                lines.Add(new { done = progress.Done, total = progress.Total, what = progress.What });
            }

            _rows.Clear();
            _figures.Clear();
            _progress = null;
        }

        return lines;
    }
}
