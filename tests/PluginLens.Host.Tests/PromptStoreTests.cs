namespace PluginLens.Host.Tests;

public sealed class PromptStoreTests
{
    private static readonly Prompt[] Kinds =
    [
        new("the king", [1, 2]),
        new(null, [7]),
        new(string.Empty, [], "a label"),
        new("\ud800 alone, \u00e9, \n", [int.MaxValue, -1, 0], string.Empty) { IsCut = true },
    ];

    [TestCase(0, ExpectedResult = true)]
    [TestCase(1000, ExpectedResult = true)]
    [TestCase(long.MaxValue, ExpectedResult = false)]
    public bool Prompts_ComeBackAsTheyWere_InMemoryOrNot(long most)
    {
        var store = new PromptStore(most);
        Prompt[] prompts = [.. Enumerable.Range(0, 50).SelectMany(_ => Kinds)];
        foreach (var prompt in prompts)
        {
            store.Add(prompt);
        }

        Assert.That(store, Has.Count.EqualTo(prompts.Length));
        foreach (var (index, prompt) in store.Index().Concat(new[] { 199, 0, 100, 3 }.Select(index => (index, store[index]))))
        {
            Assert.That(
                (prompt.Text, prompt.Label, prompt.IsCut, string.Join(',', prompt.Tokens)),
                Is.EqualTo((prompts[index].Text, prompts[index].Label, prompts[index].IsCut, string.Join(',', prompts[index].Tokens))));
        }

        Assert.That(() => store[prompts.Length], Throws.TypeOf<ArgumentOutOfRangeException>());
        return store.IsSpilled;
    }

    [Test]
    public void Prompts_ReadFromManyThreads_AreWhole()
    {
        var store = new PromptStore(0);
        for (var index = 0; index < 500; index++)
        {
            store.Add(new Prompt($"text {index}", [index, index]));
        }

        Parallel.For(0, 4000, at => Assert.That((store[at % 500].Text, store[at % 500].Tokens[1]), Is.EqualTo(($"text {at % 500}", at % 500))));
    }

    [Test]
    public void ManyPrompts_TakeLittleMemoryAndLeaveNoFileBehind()
    {
        using var folder = new TemporaryFolder();
        var before = (Environment.GetEnvironmentVariable("TMPDIR"), GC.GetTotalMemory(forceFullCollection: true));
        Environment.SetEnvironmentVariable("TMPDIR", folder.Path);
        try
        {
            var store = new PromptStore(1 << 20);
            for (var index = 0; index < 20_000; index++)
            {
                store.Add(new Prompt(new string('x', 1000), new int[250]));
            }

            // 20,000 texts of 1,000 characters and 250 ids are 60 MB.
            Assert.That(GC.GetTotalMemory(forceFullCollection: true) - before.Item2, Is.LessThan(8 << 20));
            Assert.That(store[19_999].Text, Has.Length.EqualTo(1000));
            Assert.That(OperatingSystem.IsWindows() || !Directory.EnumerateFileSystemEntries(folder.Path).Any());
        }
        finally
        {
            Environment.SetEnvironmentVariable("TMPDIR", before.Item1);
        }
    }
}
