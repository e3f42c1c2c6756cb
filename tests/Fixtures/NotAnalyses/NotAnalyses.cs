namespace PluginLens.Fixtures;

/// <summary>The only one of them that can be run.</summary>
[Analysis("healthy", "Healthy", Answers = "Whether faulty neighbours matter.")]
public sealed class Healthy : IAnalysis
{
    public void Run(AnalysisContext context) => context.Results.Note("healthy");
}

[Analysis("no-interface", "No interface", Answers = "Nothing.")]
public sealed class NoInterface : List<int>
{
}

[Analysis("not-public", "Not public", Answers = "Nothing.")]
internal sealed class NotPublic : NoWork
{
}

/// <summary>Public, in a class that is not.</summary>
internal static class Hidden
{
    [Analysis("nested", "Nested", Answers = "Nothing.")]
    public sealed class Nested : NoWork
    {
    }
}

[Analysis("abstract-class", "Abstract", Answers = "Nothing.")]
public abstract class AbstractClass : NoWork
{
}

[Analysis("generic-class", "Generic", Answers = "Nothing.")]
public sealed class GenericClass<T> : NoWork
{
}

[Analysis("needs-argument", "Needs an argument", Answers = "Nothing.")]
public sealed class NeedsArgument(int number) : NoWork
{
    public int Number { get; } = number;
}

[Analysis("Not Kebab", "Not kebab-case", Answers = "Nothing.")]
public sealed class NotKebab : NoWork
{
}

[Analysis("no-title", "", Answers = "Nothing.")]
public sealed class NoTitle : NoWork
{
}

[Analysis("no-answer", "Answers nothing", Answers = "")]
public sealed class NoAnswer : NoWork
{
}

[Analysis("twin", "A twin", Answers = "Nothing.")]
public sealed class Twin : NoWork
{
}

[Analysis("twin", "Its twin", Answers = "Nothing.")]
public sealed class OtherTwin : NoWork
{
}

public class NoWork : IAnalysis
{
    public void Run(AnalysisContext context)
    {
    }
}
