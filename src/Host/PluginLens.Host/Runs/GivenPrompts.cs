using System.Collections;

namespace PluginLens.Host;

/// <summary>The prompts of a run, which know whether the analysis looked at them: of one that did not, the result says so.</summary>
/// <param name="prompts">What the user gave, as tokens.</param>
internal sealed class GivenPrompts(IReadOnlyList<Prompt> prompts) : IReadOnlyList<Prompt>
{
    private volatile bool _wereRead;

    /// <summary>Whether anybody asked for one of them or for their number.</summary>
    public bool WereRead => _wereRead;

    /// <inheritdoc/>
    public int Count => Read().Count;

    /// <inheritdoc/>
    public Prompt this[int index] => Read()[index];

    /// <inheritdoc/>
    public IEnumerator<Prompt> GetEnumerator() => Read().GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private IReadOnlyList<Prompt> Read()
    {
        _wereRead = true;
        return prompts;
    }
}
