namespace PluginLens.Host.Tests;

public sealed class AnalysisRunTests
{
    private static readonly PluginCatalog Catalog = PluginCatalog.Discover([Places.Fixtures]);

    public sealed record Row(int Number, Token Word);

    private sealed class Good : IAnalysis
    {
        public void Run(AnalysisContext context)
        {
            var table = context.Results.Table<Row>("rows");
            table.Add(new Row(1, context.Model.Token(0)));
            context.Results.Note("W_E on both sides");
        }
    }

    private sealed class WantsPrompts : IAnalysis
    {
        public void Run(AnalysisContext context) => context.RequirePrompts();
    }

    private sealed class Prints : IAnalysis
    {
        public void Run(AnalysisContext context)
        {
            Task.Run(() => Console.Write("from a task")).Wait();
            throw new InvalidOperationException("and fails");
        }
    }

    private sealed class Parallel : IAnalysis
    {
        public void Run(AnalysisContext context) => throw new AggregateException(new AggregateException(new UsageException("inner")));
    }

    private sealed class PretendsToBeCancelled : IAnalysis
    {
        public void Run(AnalysisContext context) => throw new OperationCanceledException();
    }

    [Holds(Verdict.Undefined, Trait.AttentionOnly, "there are no MLPs")]
    [Holds(Verdict.Approximate, Trait.Rotary, "the rotation is left out")]
    private sealed class Picky : IAnalysis
    {
        public void Run(AnalysisContext context)
        {
        }
    }

    [ReadsModels(2)]
    [Holds(Verdict.Undefined, Trait.AttentionOnly, "there are no MLPs")]
    [Holds(Verdict.Approximate, Trait.Rotary, "the rotation is left out")]
    private sealed class PickyOfTwo : IAnalysis
    {
        public void Run(AnalysisContext context)
        {
        }
    }

    [Test]
    public void Execute_FurtherModels_AreJudgedToo()
    {
        static Model With(Trait trait) => TestModels.Tiny.WithConfig(config => config with { Name = "second", Traits = new HashSet<Trait> { trait } });
        static RunResult Run<T>(Trait second)
            where T : IAnalysis, new() => AnalysisRun.Execute(InlinePlugin.Request(InlinePlugin.Of<T>(), [TestModels.Tiny, With(second)]));
        static RunResult RunWithFirst<T>(Trait first)
            where T : IAnalysis, new() => AnalysisRun.Execute(InlinePlugin.Request(InlinePlugin.Of<T>(), [With(first), TestModels.Tiny]));

        Assert.That(() => Run<Picky>(Trait.AttentionOnly), Throws.TypeOf<UsageException>().With.Message.Contains("there are no MLPs"));
        Assert.That(() => Run<PickyOfTwo>(Trait.AttentionOnly), Throws.TypeOf<UsageException>().With.Message.Contains("there are no MLPs"));
        Assert.That(Run<Picky>(Trait.Rotary).Info.Warnings, Is.EqualTo(new[] { "second: approximate for this model: the rotation is left out" }));
        Assert.That(Run<PickyOfTwo>(Trait.Rotary).Info.Warnings, Is.EqualTo(new[] { "approximate for these models: the rotation is left out" }));
        Assert.That(RunWithFirst<PickyOfTwo>(Trait.Rotary).Info.Warnings, Is.EqualTo(new[] { "approximate for these models: the rotation is left out" }), "a good second model does not mend the first");
        Assert.That(RunWithFirst<PickyOfTwo>(Trait.Rotary).Info.Applicability.Verdict, Is.EqualTo(Verdict.Approximate));
    }

    [Test]
    public void Execute_GoodPlugin_IsCompleteWithProvenance()
    {
        var result = InlinePlugin.Run<Good>();

        Assert.That(result.ExitCode, Is.Zero);
        Assert.That(result.Tables.Single().Complete);
        Assert.That(result.Info.Status, Is.EqualTo(RunStatus.Complete));
        Assert.That(result.Info.Notes, Is.EqualTo(["W_E on both sides"]));
        Assert.That(result.Info.Models.Single().Name, Is.EqualTo("fake"));
        Assert.That(result.Info.Models.Single().Processing, Is.EqualTo("raw"));
        Assert.That(result.Info.Applicability.Word, Is.EqualTo("not declared"));
    }

    [Test]
    public void Execute_PluginThrows_RowsAreKeptAndMarkedIncomplete()
    {
        using var folder = new TemporaryFolder();
        var result = AnalysisRun.Execute(InlinePlugin.Request(PluginLoading.Load(Catalog.Find("throws")), folder: folder.Path));

        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Error, Is.TypeOf<PluginException>().With.Message.EqualTo("Analysis 'throws' failed: InvalidOperationException: first line second line"));
        Assert.That(result.Tables.Single().Rows, Has.Count.EqualTo(1));
        Assert.That(result.Tables.Single().Complete, Is.False);
        Assert.That(File.ReadAllText(Path.Combine(folder.Path, "rows.incomplete.csv")), Is.EqualTo("number\n1\n"));
        Assert.That(File.Exists(Path.Combine(folder.Path, "rows.csv")), Is.False);
        Assert.That(File.ReadAllText(Path.Combine(folder.Path, "run.json")), Does.Contain("\"status\": \"failed\"").And.Contain("\"complete\": false"));
    }

    /// <summary>A run.json says that everything it lists is there: it comes last, or not at all.</summary>
    [Test]
    public void Execute_TableThatCannotBeNamed_LeavesNoProvenance()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(Path.Combine(folder.Path, "rows.csv"));
        Exception? error;
        try
        {
            error = InlinePlugin.Run<Good>(folder: folder.Path).Error;
        }
        catch (Exception thrown)
        {
            error = thrown;
        }

        Assert.That(error, Is.Not.Null);
        Assert.That(File.Exists(Path.Combine(folder.Path, "run.json")), Is.False);
    }

    [Test]
    public void Execute_StaticConstructorThrows_NamesTheCause()
    {
        var plugin = PluginLoading.Load(Catalog.Find("throws-in-static-constructor"));

        // The runtime may run the static constructor when the object is made or when the field is first read.
        Exception? error = null;
        try
        {
            error = AnalysisRun.Execute(InlinePlugin.Request(plugin)).Error;
        }
        catch (PluginException thrown)
        {
            error = thrown;
        }

        Assert.That(error, Is.TypeOf<PluginException>().With.Message.Contains("throws-in-static-constructor").And.Message.Contains("FormatException"));
    }

    [Test]
    public void Execute_Cancelled_KeepsFinishedRows()
    {
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        var result = AnalysisRun.Execute(InlinePlugin.Request(PluginLoading.Load(Catalog.Find("hangs-until-cancelled")), cancellation: stop.Token));

        Assert.That(result.Info.Status, Is.EqualTo(RunStatus.Cancelled));
        Assert.That(result.ExitCode, Is.EqualTo(130));
        Assert.That(ResultSummary.Of(result).First(), Does.EndWith(": cancelled, not whole"), "what broke off is not exact");
        Assert.That(result.Tables.Single().Rows, Has.Count.EqualTo(1));
    }

    [Test]
    public void Execute_ReturnsQuietlyWhenStopped_IsCancelled()
    {
        using var stop = new CancellationTokenSource();
        stop.Cancel();

        var result = InlinePlugin.Run<Good>(cancellation: stop.Token);

        Assert.That((result.Info.Status, result.ExitCode), Is.EqualTo((RunStatus.Cancelled, 130)));
        Assert.That(result.Tables.Single().Rows, Has.Count.EqualTo(1));
    }

    [Test]
    public void Execute_CancelledByNobody_IsAFailureOfThePlugin()
    {
        Assert.That(InlinePlugin.Run<PretendsToBeCancelled>().Error, Is.TypeOf<PluginException>());
    }

    [Test]
    public void Execute_UsageExceptionOfThePlugin_PassesAsExitCode2()
    {
        var result = InlinePlugin.Run<WantsPrompts>();

        Assert.That(result.Error, Is.TypeOf<UsageException>());
        Assert.That(result.ExitCode, Is.EqualTo(2));
    }

    [Test]
    public void Execute_UsageExceptionFromParallelLoop_IsUnwrapped()
    {
        Assert.That(InlinePlugin.Run<Parallel>().Error, Is.TypeOf<UsageException>().With.Message.EqualTo("inner"));
    }

    [Test]
    public void Execute_Undefined_IsRefusedWithReason()
    {
        var model = TestModels.Tiny.WithConfig(config => config with { Traits = new HashSet<Trait> { Trait.AttentionOnly } });

        Assert.That(() => InlinePlugin.Run<Picky>(model), Throws.TypeOf<UsageException>().With.Message.EqualTo("Analysis 'inline' is undefined for model 'fake' (gpt2): there are no MLPs."));
    }

    [Test]
    public void Execute_Approximate_IsLabelled()
    {
        var model = TestModels.Tiny.WithConfig(config => config with { Traits = new HashSet<Trait> { Trait.Rotary } });

        var result = InlinePlugin.Run<Picky>(model);

        Assert.That(result.Info.Applicability.Verdict, Is.EqualTo(Verdict.Approximate));
        Assert.That(result.Info.Warnings.Single(), Does.Contain("the rotation is left out"));
    }

    [Test]
    public void ApplicabilityOf_WorstVerdictWins()
    {
        var config = TestModels.Tiny.Config with { Traits = new HashSet<Trait> { Trait.Rotary, Trait.AttentionOnly, Trait.RmsNorm } };

        var applicability = Applicability.Of(typeof(Picky), config);

        Assert.That(applicability.Verdict, Is.EqualTo(Verdict.Undefined));
        Assert.That(applicability.Reasons, Is.EqualTo(["there are no MLPs", "the rotation is left out"]));
        Assert.That(Applicability.Of(typeof(Picky), TestModels.Tiny.Config).Verdict, Is.EqualTo(Verdict.Exact));
    }

    [Test]
    public void Execute_PromptsThatNobodyReads_AreSaid()
    {
        RunResult Run<T>(params string[] texts)
            where T : IAnalysis, new()
        {
            var request = InlinePlugin.Request(InlinePlugin.Of<T>());
            return AnalysisRun.Execute(request with { Inputs = request.Inputs with { Prompts = new PromptSource { Texts = texts } } });
        }

        Assert.That(Run<Good>(" the", " cat").Info.Warnings, Is.EqualTo(["the analysis read no prompt: the 2 given made no difference"]));
        Assert.That(Run<Good>(" the").Info.Warnings, Is.EqualTo(["the analysis read no prompt: the one given made no difference"]));
        Assert.That(Run<Good>().Info.Warnings, Is.Empty);
        Assert.That(Run<WantsPrompts>(" the", " cat").Info.Warnings, Is.Empty);
    }

    [Test]
    public void Execute_WhatThePluginPrints_GoesToStandardError()
    {
        var (output, errors) = (Console.Out, Console.Error);
        using var printed = new StringWriter();
        using var complained = new StringWriter();
        Console.SetOut(printed);
        Console.SetError(complained);
        try
        {
            InlinePlugin.Run<Prints>();
            Console.Write("after");
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(errors);
        }

        Assert.That((printed.ToString(), complained.ToString()), Is.EqualTo(("after", "from a task")));
    }

    public sealed record FileOptions
    {
        public string? Words { get; init; }

        public string? Missing { get; init; } = "no-such-file";

        public int K { get; init; } = 3;
    }

    [Test]
    public void Execute_FilesThatOptionsName_AreHashed()
    {
        using var folder = new TemporaryFolder();
        var options = new FileOptions { Words = folder.File("words.txt", "abc") };

        Assert.That(InlinePlugin.Run<Good>(options: options).Info.OptionFiles, Is.EqualTo(new Dictionary<string, object?>
        {
            ["words"] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        }));
    }
}
