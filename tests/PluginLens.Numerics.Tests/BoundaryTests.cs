namespace PluginLens.Numerics.Tests;

internal sealed class BoundaryTests
{
    [Test]
    public void Assembly_HasOneDoor() => Assert.That(typeof(CpuCompute).Assembly.GetExportedTypes(), Is.EqualTo(new[] { typeof(CpuCompute) }));
}
