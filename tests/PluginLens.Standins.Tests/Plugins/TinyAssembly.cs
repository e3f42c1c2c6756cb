using System.Reflection;
using System.Reflection.Emit;

namespace PluginLens.Standins.Tests.Plugins;

/// <summary>An assembly with one class of its own name and one method, <c>string Says()</c>.</summary>
internal static class TinyAssembly
{
    public const string Method = "Says";

    /// <summary>Writes an assembly whose method returns a text.</summary>
    public static MethodInfo Write(string folder, string name, string version, string text) =>
        Write(folder, name, version, il => il.Emit(OpCodes.Ldstr, text));

    /// <summary>Writes an assembly whose method returns what a method of another assembly returns.</summary>
    public static MethodInfo Write(string folder, string name, string version, MethodInfo other) =>
        Write(folder, name, version, il => il.Emit(OpCodes.Call, other));

    /// <summary>Calls the method of a loaded assembly.</summary>
    public static string Says(Assembly assembly) =>
        (string)assembly.GetType(assembly.GetName().Name!)!.GetMethod(Method)!.Invoke(null, null)!;

    private static MethodBuilder Write(string folder, string name, string version, Action<ILGenerator> body)
    {
        var assembly = new PersistedAssemblyBuilder(new AssemblyName(name) { Version = new Version(version) }, typeof(object).Assembly);
        var type = assembly.DefineDynamicModule(name).DefineType(name, TypeAttributes.Public);
        var method = type.DefineMethod(Method, MethodAttributes.Public | MethodAttributes.Static, typeof(string), []);
        var il = method.GetILGenerator();
        body(il);
        il.Emit(OpCodes.Ret);
        type.CreateType();
        assembly.Save(Path.Combine(Directory.CreateDirectory(folder).FullName, name + ".dll"));
        return method;
    }
}
