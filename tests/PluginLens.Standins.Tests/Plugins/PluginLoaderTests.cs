using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using McMaster.NETCore.Plugins;

namespace PluginLens.Standins.Tests.Plugins;

/// <summary>
/// A host whose contract refers to a base, and that has version 1 of a library; a plugin that ships its own copies of all
/// three, in later versions, and says what the copies that it gets say.
/// </summary>
public sealed class PluginLoaderTests
{
    private string root = "";
    private AssemblyLoadContext host = AssemblyLoadContext.Default;

    private string PluginFolder => Path.Combine(root, "plugin");

    [SetUp]
    public void WriteAssemblies()
    {
        root = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"plugins-{Guid.NewGuid():N}");
        WriteCopies(Path.Combine(root, "host"), "1.0.0.0", "the host's");
        var (contract, ground, library) = WriteCopies(PluginFolder, "2.0.0.0", "the plugin's");
        TinyAssembly.Write(PluginFolder, "UsesContract", "1.0.0.0", contract);
        TinyAssembly.Write(PluginFolder, "UsesGround", "1.0.0.0", ground);
        TinyAssembly.Write(PluginFolder, "UsesLibrary", "1.0.0.0", library);

        host = new AssemblyLoadContext("host");
        host.Resolving += (context, name) =>
            Path.Combine(root, "host", name.Name + ".dll") is var path && File.Exists(path) && !(name.Version > AssemblyName.GetAssemblyName(path).Version)
                ? context.LoadFromAssemblyPath(path)
                : null;
    }

    [TearDown]
    public void RemoveAssemblies()
    {
        try
        {
            Directory.Delete(root, recursive: true);
        }
        catch (UnauthorizedAccessException)
        {
            // Windows keeps loaded assemblies; they go with the test's output folder.
        }
    }

    [Test]
    public void LoadDefaultAssembly_WithDependencyBeside_UsesItsOwn()
    {
        using var loader = Create("UsesLibrary");

        Assert.That(TinyAssembly.Says(loader.LoadDefaultAssembly()), Is.EqualTo("the plugin's Library"));
        Assert.That(TinyAssembly.Says(host.LoadFromAssemblyName(new AssemblyName("Library"))), Is.EqualTo("the host's Library"));
    }

    [Test]
    public void LoadDefaultAssembly_WithDepsJson_UsesWhatItLists()
    {
        File.WriteAllText(Path.Combine(PluginFolder, "UsesLibrary.deps.json"), """
            {
              "runtimeTarget": { "name": ".NETCoreApp,Version=v10.0" },
              "targets": {
                ".NETCoreApp,Version=v10.0": {
                  "UsesLibrary/1.0.0": { "dependencies": { "Library": "2.0.0" }, "runtime": { "UsesLibrary.dll": {} } },
                  "Library/2.0.0": { "runtime": { "Library.dll": { "assemblyVersion": "2.0.0.0" } } }
                }
              },
              "libraries": {
                "UsesLibrary/1.0.0": { "type": "project", "serviceable": false, "sha512": "" },
                "Library/2.0.0": { "type": "project", "serviceable": false, "sha512": "" }
              }
            }
            """);
        using var loader = Create("UsesLibrary");

        Assert.That(TinyAssembly.Says(loader.LoadDefaultAssembly()), Is.EqualTo("the plugin's Library"));
        Assert.That(loader.LoadAssembly(new AssemblyName("Library")).GetName().Version, Is.EqualTo(new Version(2, 0, 0, 0)));
    }

    [Test]
    public void LoadDefaultAssembly_OfSharedContractThatPluginShips_UsesTheHosts()
    {
        using var loader = Create("UsesContract", config => config.SharedAssemblies.Add(new AssemblyName("Contract")));

        Assert.That(TinyAssembly.Says(loader.LoadDefaultAssembly()), Is.EqualTo("the host's Ground"), "the contract says what its base says");
        Assert.That(loader.LoadAssembly(new AssemblyName("Contract, Version=2.0.0.0")), Is.SameAs(host.LoadFromAssemblyName(new AssemblyName("Contract"))));
    }

    [Test]
    public void LoadDefaultAssembly_OfWhatSharedContractRefersTo_UsesTheHosts()
    {
        using var loader = Create("UsesGround", config => config.SharedAssemblies.Add(new AssemblyName("Contract")));

        Assert.That(TinyAssembly.Says(loader.LoadDefaultAssembly()), Is.EqualTo("the host's Ground"));
    }

    [Test]
    public void LoadDefaultAssembly_OfContractNotShared_UsesItsOwn()
    {
        using var loader = Create("UsesContract");

        Assert.That(TinyAssembly.Says(loader.LoadDefaultAssembly()), Is.EqualTo("the plugin's Ground"));
    }

    [Test]
    public void PrivateAssemblies_AlsoShared_StayPrivate()
    {
        using var loader = Create("UsesContract", config =>
        {
            config.SharedAssemblies.Add(new AssemblyName("Contract"));
            config.PrivateAssemblies.Add(new AssemblyName("Contract"));
        });

        Assert.That(TinyAssembly.Says(loader.LoadDefaultAssembly()), Is.EqualTo("the plugin's Ground"));
    }

    [TestCase("1.0.0.0", "the host's Library")]
    [TestCase("2.0.0.0", "the plugin's Library")]
    public void PreferSharedTypes_UsesTheHostsWhereItsVersionWillDo(string referenced, string expected)
    {
        var library = TinyAssembly.Write(Path.Combine(root, "build"), "Library", referenced, "built against");
        TinyAssembly.Write(PluginFolder, "Prefers", "1.0.0.0", library);
        using var loader = Create("Prefers", config => config.PreferSharedTypes = true);

        Assert.That(TinyAssembly.Says(loader.LoadDefaultAssembly()), Is.EqualTo(expected));
    }

    [Test]
    public void CreateFromAssemblyFile_WithSharedTypes_SharesTheirAssembly()
    {
        var text = typeof(TestAttribute).Assembly;
        File.Copy(text.Location, Path.Combine(PluginFolder, Path.GetFileName(text.Location)));
        using var shared = PluginLoader.CreateFromAssemblyFile(PathOf("UsesLibrary"), [typeof(TestAttribute)]);
        using var apart = PluginLoader.CreateFromAssemblyFile(PathOf("UsesLibrary"));

        Assert.That(shared.LoadAssembly(text.GetName()), Is.SameAs(text));
        Assert.That(apart.LoadAssembly(text.GetName()), Is.Not.SameAs(text));
    }

    [Test]
    public void LoadContext_OfTwoPlugins_AreApart()
    {
        using var first = Create("UsesLibrary");
        using var second = Create("UsesContract");

        var assembly = first.LoadDefaultAssembly();
        Assert.That(AssemblyLoadContext.GetLoadContext(assembly), Is.SameAs(first.LoadContext));
        Assert.That(first.LoadDefaultAssembly(), Is.SameAs(assembly), "loaded once");
        Assert.That(first.LoadContext, Is.Not.SameAs(second.LoadContext));
        Assert.That(first.LoadAssembly(new AssemblyName("Library")), Is.Not.SameAs(second.LoadAssembly(new AssemblyName("Library"))));
    }

    [Test]
    public void EnterContextualReflection_LoadsWhereThePluginWould()
    {
        using var loader = Create("UsesLibrary");
        using var scope = loader.EnterContextualReflection();

        Assert.That(TinyAssembly.Says(Assembly.Load("Library")), Is.EqualTo("the plugin's Library"));
    }

    [Test]
    public void Dispose_OfUnloadable_LetsGoOfThePlugin()
    {
        var context = LoadAndDispose();
        for (var i = 0; i < 20 && context.IsAlive; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.That(context.IsAlive, Is.False);

        [MethodImpl(MethodImplOptions.NoInlining)]
        WeakReference LoadAndDispose()
        {
            using var loader = PluginLoader.CreateFromAssemblyFile(PathOf("UsesLibrary"), isUnloadable: true, []);
            Assert.That(loader.IsUnloadable, Is.True);
            Assert.That(TinyAssembly.Says(loader.LoadDefaultAssembly()), Is.EqualTo("the plugin's Library"));
            return new WeakReference(loader.LoadContext);
        }
    }

    [Test]
    public void LoadDefaultAssembly_AfterDispose_IsRefused()
    {
        var loader = Create("UsesLibrary");
        loader.Dispose();

        Assert.That(loader.IsUnloadable, Is.False);
        Assert.That(loader.LoadDefaultAssembly, Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void CreateFromAssemblyFile_WithRelativeOrMissingFile_SaysWhich()
    {
        Assert.That(() => PluginLoader.CreateFromAssemblyFile("plugin.dll"), Throws.ArgumentException.With.Message.Contains("'plugin.dll'"));
        Assert.That(() => Create("Missing"), Throws.TypeOf<FileNotFoundException>().With.Message.Contains("Missing.dll"));
    }

    [Test]
    public void LoadDefaultAssembly_OfFileThatIsNoAssembly_IsRefused()
    {
        File.WriteAllText(PathOf("Text"), "not an assembly");
        using var loader = Create("Text");

        Assert.That(loader.LoadDefaultAssembly, Throws.TypeOf<BadImageFormatException>());
    }

    /// <summary>Contract refers to Ground; Library stands alone.</summary>
    private static (MethodInfo Contract, MethodInfo Ground, MethodInfo Library) WriteCopies(string folder, string version, string whose)
    {
        var ground = TinyAssembly.Write(folder, "Ground", version, $"{whose} Ground");
        return (TinyAssembly.Write(folder, "Contract", version, ground), ground, TinyAssembly.Write(folder, "Library", version, $"{whose} Library"));
    }

    private string PathOf(string name) => Path.Combine(PluginFolder, name + ".dll");

    private PluginLoader Create(string name, Action<PluginConfig>? configure = null) =>
        PluginLoader.CreateFromAssemblyFile(PathOf(name), config =>
        {
            config.DefaultContext = host;
            configure?.Invoke(config);
        });
}
