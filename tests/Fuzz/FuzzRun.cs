using System.Diagnostics;
using System.Globalization;

namespace PluginLens.Fuzz;

/// <summary>Gives a reader one input after another on a thread of its own, and watches it.</summary>
public sealed class FuzzRun(FuzzTarget target)
{
    /// <summary>An input that takes longer hangs.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private readonly List<string> _faults = [];
    private int _inputs;
    private int _refused;
    private long _largest;
    private long _started;
    private TimeSpan _slowest;

    /// <summary>Damaged inputs.</summary>
    /// <param name="count">How many.</param>
    /// <param name="seed">Input i is made from seed + i alone.</param>
    public FuzzFigures Damaged(int count, int seed)
    {
        var valid = target.Seed();
        return Watched(Enumerable.Range(seed, count).Select(number => ($"input {number}", (Func<byte[]>)(() => target.Damage(valid, new Random(number))))), valid.Length);
    }

    /// <summary>Inputs as they are.</summary>
    /// <param name="inputs">Name and bytes of each.</param>
    public FuzzFigures Given(IEnumerable<(string Name, byte[] Bytes)> inputs) => Watched(inputs.Select(input => (input.Name, (Func<byte[]>)(() => input.Bytes))), target.Seed().Length);

    /// <summary>Most that reading may allocate: what opening takes whatever it is given, and copies of the input and of the files beside it, with an object for each byte or two.</summary>
    private static long MostAllocated(long bytes) => (48L << 20) + (400 * bytes);

    private FuzzFigures Watched(IEnumerable<(string Name, Func<byte[]> Make)> inputs, int valid)
    {
        var now = string.Empty;
        Volatile.Write(ref _started, Stopwatch.GetTimestamp());
        var worker = new Thread(() =>
        {
            foreach (var (name, make) in inputs)
            {
                now = name;
                var bytes = make();
                One(name, bytes, Math.Max(bytes.Length, valid));
            }
        })
        { IsBackground = true };
        worker.Start();
        while (!worker.Join(100))
        {
            if (Stopwatch.GetElapsedTime(Volatile.Read(ref _started)) > Deadline)
            {
                return new FuzzFigures(_inputs, _refused, [.. _faults.ToArray(), $"{now}: no end after {Deadline.TotalSeconds} s"], _largest, Deadline);
            }
        }

        return new FuzzFigures(_inputs, _refused, _faults, _largest, _slowest);
    }

    private void One(string name, byte[] bytes, long size)
    {
        Volatile.Write(ref _started, Stopwatch.GetTimestamp());
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            target.Read(bytes);
        }
        catch (Exception error) when (error is ModelException or UsageException)
        {
            _refused++;
            if (error.Message.Length == 0 || error.Message.Contains('\n', StringComparison.Ordinal))
            {
                _faults.Add($"{name}: not one line: {error.Message}");
            }
        }
#pragma warning disable CA1031 // Any other exception is what is looked for.
        catch (Exception error)
#pragma warning restore CA1031
        {
            _faults.Add($"{name}: {error}");
        }

        var (allocated, took) = (GC.GetAllocatedBytesForCurrentThread() - before, Stopwatch.GetElapsedTime(_started));
        if (allocated > MostAllocated(size))
        {
            _faults.Add(string.Create(CultureInfo.InvariantCulture, $"{name}: {allocated} bytes allocated for an input of {bytes.Length}"));
        }

        (_inputs, _largest, _slowest) = (_inputs + 1, Math.Max(_largest, allocated), took > _slowest ? took : _slowest);
    }
}
