namespace PluginLens.Toolkit.Tests;

/// <summary>Keeps every list under its key, as the host's cache on disk does.</summary>
internal sealed class RememberedLists : TopKCache
{
    public Dictionary<string, RowTopK> Kept { get; } = [];

    public override RowTopK GetOrCompute(Model model, string key, int rows, int k, Func<RowTopK> compute)
    {
        var lists = Kept.TryGetValue(key, out var kept) ? kept : Kept[key] = compute();
        Assert.That((lists.Rows, lists.K), Is.EqualTo((rows, k)), "the shape that was asked for");
        return lists;
    }
}
