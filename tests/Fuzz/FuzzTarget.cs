namespace PluginLens.Fuzz;

/// <summary>One reader of files that may come from anywhere.</summary>
/// <param name="Name">What the command line calls it.</param>
/// <param name="Inputs">How many damaged inputs the tests give it.</param>
/// <param name="Seed">An input that it reads.</param>
/// <param name="Damage">Makes another of it, by the given numbers alone.</param>
/// <param name="Read">Reads one; refuses with a <see cref="ModelException"/> or a <see cref="UsageException"/> of one line.</param>
public sealed record FuzzTarget(string Name, int Inputs, Func<byte[]> Seed, Func<byte[], Random, byte[]> Damage, Action<byte[]> Read);
