using PluginLens.Plugins.States;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary>No analysis goes untested, and no table undeclared.</summary>
public sealed class EveryAnalysisTests
{
    private static IEnumerable<Type> Tested => typeof(EveryAnalysisTests).Assembly.GetTypes()
        .Where(type => !type.IsAbstract)
        .SelectMany(type => Bases(type))
        .Where(type => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(AnalysisTests<>))
        .Select(type => type.GetGenericArguments()[0]);

    private static IEnumerable<Type> Bases(Type type)
    {
        for (var at = type.BaseType; at is not null; at = at.BaseType)
        {
            yield return at;
        }
    }

    [Test]
    public void EveryAnalysis_HasItsTests() => Assert.That(
        Tested, Is.EquivalentTo(Analyses.All), "The tests of an analysis are one class that derives from AnalysisTests<MyAnalysis>: add it as tests/PluginLens.Plugins.Tests/MyAnalysisTests.cs.");

    [Analysis("undeclared", "Undeclared", Answers = "Nothing.")]
    private sealed class Undeclared : IAnalysis
    {
        public void Run(AnalysisContext context) => context.Results.Table<StateWord>("words");
    }

    [Test]
    public void TestRun_UndeclaredTable_IsAnError() => Assert.That(
        () => TestRun.Execute(new Undeclared(), VectorModels.Make()),
        Throws.InvalidOperationException.With.Message.EqualTo("Undeclared fills table 'words' and does not declare it; add [Writes(\"words\", typeof(StateWord))] to the class."));
}
