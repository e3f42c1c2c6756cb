using System.Numerics;

namespace PluginLens.Import.Gguf.Types;

/// <summary>Signs of eight values. Where seven bits are stored, the eighth makes their number even.</summary>
internal static class Signs
{
    public static int OfSeven(uint bits) => (int)(bits & 127) | ((BitOperations.PopCount(bits & 127) & 1) << 7);

    public static float Of(int signs, int i) => (signs >> i & 1) == 0 ? 1 : -1;
}
