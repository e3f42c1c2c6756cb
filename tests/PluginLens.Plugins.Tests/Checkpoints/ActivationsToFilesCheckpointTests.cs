using System.Runtime.InteropServices;
using PluginLens.Plugins.States;
using PluginLens.Testing;
using PluginLens.Tests.Shared;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary>The files that <c>activations</c> writes hold, on every checkpoint and in both formats, what independent implementations computed.</summary>
public sealed class ActivationsToFilesCheckpointTests
{
    private const double Tolerance = 1e-4;

    [Test]
    public void Files_HoldTheReferenceActivations([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.Causal))] string name, [Values] ActivationFormat format)
    {
        var (model, reference) = (CheckpointModels.Get(name), new SafetensorsFile(Path.Combine(Repository.Checkpoint(name), "reference", "activations.safetensors")));
        var hooks = reference.Names.Where(model.Hooks.ContainsKey).ToArray();
        var prompts = reference.Rows("input_ids").Select(ids => new Prompt(null, ids)).ToArray();

        var results = TestRun.Execute(new ActivationsToFiles(), model, new ActivationOptions { Hooks = hooks, As = format }, prompts);

        Assert.That(hooks, Is.Not.Empty);
        foreach (var prompt in Enumerable.Range(0, prompts.Length))
        {
            var stem = prompts.Length == 1 ? string.Empty : $"-{prompt}";
            foreach (var hook in hooks)
            {
                var expected = reference.Floats(hook)[prompt].Data.ToArray();
                var found = format == ActivationFormat.Npy ? Npy(results.Files[$"{hook}{stem}.npy"]) : Safetensors(results.Files[$"activations{stem}.safetensors"], hook);
                var largest = expected.Where(float.IsFinite).Select(Math.Abs).DefaultIfEmpty(0).Max();
                Assert.That(found, Is.EqualTo(expected).Within(Tolerance * Math.Max(1, largest)), $"{hook} of prompt {prompt}");
            }
        }
    }

    private static float[] Safetensors(byte[] file, string hook)
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, file);
            return new SafetensorsFile(path).Floats(hook).Data.ToArray();
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>The numbers behind the header of version 1: magic and version, the header's length in two bytes, the header.</summary>
    private static float[] Npy(byte[] file) => MemoryMarshal.Cast<byte, float>(file.AsSpan(10 + BitConverter.ToUInt16(file, 8))).ToArray();
}
