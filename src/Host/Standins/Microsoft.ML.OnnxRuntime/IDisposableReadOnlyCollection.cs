namespace Microsoft.ML.OnnxRuntime;

/// <summary>Results that are disposed of together.</summary>
/// <typeparam name="T">The type of a result.</typeparam>
public interface IDisposableReadOnlyCollection<T> : IReadOnlyCollection<T>, IReadOnlyList<T>, IDisposable
{
}
