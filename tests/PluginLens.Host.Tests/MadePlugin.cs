using System.Reflection;
using System.Reflection.Emit;

namespace PluginLens.Host.Tests;

/// <summary>Plugins compiled by a test: classes that do nothing, with the ids that it wants.</summary>
internal static class MadePlugin
{
    /// <summary>Writes <c>NAME/NAME.dll</c> with a class for each id.</summary>
    /// <param name="folder">The plugin's folder.</param>
    /// <param name="ids">Ids of its analyses.</param>
    public static string Write(string folder, params string[] ids)
    {
        var name = Path.GetFileName(folder);
        var assembly = new PersistedAssemblyBuilder(new AssemblyName(name) { Version = new Version(1, 2, 3, 0) }, typeof(object).Assembly);
        var module = assembly.DefineDynamicModule(name);
        foreach (var (at, id) in ids.Index())
        {
            var type = module.DefineType($"{name}.Made{at}", TypeAttributes.Public | TypeAttributes.Sealed, typeof(object), [typeof(IAnalysis)]);
            type.DefineDefaultConstructor(MethodAttributes.Public);
            var run = type.DefineMethod(nameof(IAnalysis.Run), MethodAttributes.Public | MethodAttributes.Virtual, null, [typeof(AnalysisContext)]);
            run.GetILGenerator().Emit(OpCodes.Ret);
            type.SetCustomAttribute(new CustomAttributeBuilder(
                typeof(AnalysisAttribute).GetConstructors()[0], [id, $"Title of {id}"],
                [typeof(AnalysisAttribute).GetProperty("Answers")!, typeof(AnalysisAttribute).GetProperty("Source")!], [$"What {id} answers.", "A paper"]));
            type.CreateType();
        }

        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, $"{name}.dll");
        assembly.Save(path);
        return path;
    }
}
