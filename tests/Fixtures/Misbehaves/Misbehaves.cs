using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PluginLens.Fixtures;

/// <summary>Adds a row and does everything that a plugin must not do.</summary>
[Analysis("misbehaves", "Made to fail", Answers = "A plugin for the tests of the host.")]
public sealed class Misbehaves : Analysis<MisbehavesOptions>
{
    private static readonly List<object> Kept = [];

    protected override void Run(AnalysisContext context, MisbehavesOptions options)
    {
        var rows = context.Results.Table<MisbehavesRow>("rows");
        rows.Add(new MisbehavesRow(1));
        switch (options.How)
        {
            case Misbehaviour.Throws:
                throw new InvalidOperationException("thrown by it");
            case Misbehaviour.MessageThrows:
                throw new MessageThrowsException();
            case Misbehaviour.Exits:
                Environment.Exit(0);
                break;
            case Misbehaviour.FailsFast:
                Environment.FailFast("failed fast");
                break;
            case Misbehaviour.OverflowsStack:
                rows.Add(new MisbehavesRow(Deeper(1)));
                break;
            case Misbehaviour.WritesAnywhere:
                Unsafe.AddByteOffset(ref Unsafe.NullRef<byte>(), unchecked((nint)0x10_0000)) = 1;
                break;
            case Misbehaviour.ThrowsOnThread:
                new Thread(() => throw new InvalidOperationException("thrown late")).Start();
                Thread.Sleep(Timeout.Infinite);
                break;
            case Misbehaviour.LeavesThread:
                new Thread(() => Thread.Sleep(Timeout.Infinite)) { IsBackground = false }.Start();
                break;
            case Misbehaviour.Loops:
                while (true)
                {
                }

            case Misbehaviour.Allocates:
                while (true)
                {
                    Kept.Add(new byte[1 << 20]);
                }

            case Misbehaviour.AllocatesNatively:
                while (true)
                {
                    Unsafe.InitBlock(ref Unsafe.AddByteOffset(ref Unsafe.NullRef<byte>(), Marshal.AllocHGlobal(1 << 24)), 1, 1 << 24);
                }

            case Misbehaviour.LeaksHandles:
                LeakHandles();
                break;
            case Misbehaviour.MovesAway:
                Directory.SetCurrentDirectory(Path.GetTempPath());
                var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
                culture.NumberFormat.NumberDecimalSeparator = "?";
                (CultureInfo.CurrentCulture, CultureInfo.DefaultThreadCurrentCulture) = (culture, culture);
                Console.SetError(TextWriter.Null);
                break;
            case Misbehaviour.StopsQuietly:
                Console.Error.WriteLine("waiting");
                context.Cancellation.WaitHandle.WaitOne();
                return;
            case Misbehaviour.StaysDeaf:
                Console.Error.WriteLine("waiting");
                Thread.Sleep(Timeout.Infinite);
                break;
            case Misbehaviour.SaysWhereItIs:
                Console.Error.WriteLine($"temporary {Path.GetTempPath()}");
                File.WriteAllText(Path.GetTempFileName(), "left behind");
                break;
            case Misbehaviour.ReadsDisposedModel:
                ReadDisposed(context.Model);
                break;
            case Misbehaviour.CutsModel:
                var weights = context.Model.WE.Data;
                using (var file = new FileStream(options.Cuts!, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
                {
                    file.SetLength(0);
                }

                var sum = 0.0;
                foreach (var weight in weights.Span)
                {
                    sum += weight;
                }

                rows.Add(new MisbehavesRow(sum));
                break;
            case Misbehaviour.AsksForUnknownHook:
                context.Model.Run(new ModelInput(1, 2), ["blocks.0.hook_resid_psot"]);
                break;
            case Misbehaviour.PrintsControls:
                context.Results.Note("a note\u001b[2J");
                context.Results.Warn("a warning\u009b2J");
                throw new UsageException("an error\u001b]0;title\u0007");
        }

        rows.Add(new MisbehavesRow(2.5));
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.NoOptimization)]
    private static double Deeper(double depth) => depth < 0 ? depth : Deeper(depth + 1) + 1;

    /// <summary>Reads through a span that it took before, and finds that nothing more is given out.</summary>
    private static void ReadDisposed(Model model)
    {
        var embedding = model.Weight("embed.W_E");
        var span = embedding.Span;
        var before = Sum(span);
        model.Dispose();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        if (Sum(span) != before)
        {
            throw new InvalidOperationException("other numbers");
        }

        try
        {
            Sum(embedding.Span);
            throw new InvalidOperationException("a weight of a disposed model");
        }
        catch (ObjectDisposedException)
        {
            // As it should be.
        }
    }

    private static double Sum(ReadOnlySpan<float> numbers)
    {
        var sum = 0.0;
        foreach (var number in numbers)
        {
            sum += number;
        }

        return sum;
    }

    private static void LeakHandles()
    {
        var file = typeof(Misbehaves).Assembly.Location;
        try
        {
            for (var opened = 0; opened < 5000; opened++)
            {
                Kept.Add(File.OpenHandle(file));
            }
        }
        catch (IOException)
        {
            // As many as there may be.
        }
    }

    private sealed class MessageThrowsException : Exception
    {
        public override string Message => throw new InvalidOperationException("even its message");
    }
}

public sealed record MisbehavesRow(double Number);

public sealed record MisbehavesOptions
{
    [Help("What it does.")]
    public Misbehaviour How { get; init; }

    [Help("The file that cuts-model cuts.")]
    public string? Cuts { get; init; }
}

public enum Misbehaviour
{
    None,
    Throws,
    MessageThrows,
    Exits,
    FailsFast,
    OverflowsStack,
    WritesAnywhere,
    ThrowsOnThread,
    LeavesThread,
    Loops,
    Allocates,
    AllocatesNatively,
    LeaksHandles,
    MovesAway,
    StopsQuietly,
    StaysDeaf,
    SaysWhereItIs,
    PrintsControls,
    ReadsDisposedModel,
    CutsModel,
    AsksForUnknownHook,
}
