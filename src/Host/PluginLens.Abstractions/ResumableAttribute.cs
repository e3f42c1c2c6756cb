namespace PluginLens;

/// <summary>
/// The analysis goes through its prompts in order, adds the rows of one before those of the next, says so with <see cref="Results.PromptsDone"/>, begins at
/// <see cref="AnalysisContext.PromptsDone"/>, and carries nothing else from prompt to prompt: a run of it that broke off can be taken up again (<c>run --resume</c>).
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class ResumableAttribute : Attribute;
