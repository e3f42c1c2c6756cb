using System.Reflection;
using McMaster.NETCore.Plugins;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.Tokenizers;

namespace PluginLens.Standins.Tests.StandinOnly.Api;

/// <summary>Code that compiles against a stand-in must compile against the official package.</summary>
public sealed class PublicApiTests
{
    /// <summary>Types that the listing only names in the signatures of others, with a signature that does.</summary>
    private static readonly Dictionary<string, string> NamedOnly = new()
    {
        ["Microsoft.ML.OnnxRuntime.IDisposableReadOnlyCollection<T> interface IDisposable"] = "IDisposableReadOnlyCollection<OrtValue> Run(",
    };

    private static IEnumerable<TestCaseData> StandinTypes =>
        new[] { typeof(InferenceSession).Assembly, typeof(Tokenizer).Assembly, typeof(PluginLoader).Assembly }
            .SelectMany(assembly => assembly.GetExportedTypes())
            .Select(type => new TestCaseData(type).SetArgDisplayNames(type.ToString()));

    [TestCaseSource(nameof(StandinTypes))]
    public void PublicType_OfStandin_IsInTheOfficialPackage(Type type)
    {
        var headline = ApiText.Headline(type);
        if (NamedOnly.TryGetValue(headline, out var signature))
        {
            Assert.That(OfficialApi.Text, Does.Contain(signature));
            Assert.That(ApiText.Members(type), Is.Empty);
            return;
        }

        Assert.That(OfficialApi.Types.Keys, Does.Contain(headline));
        Assert.That(ApiText.Members(type).Where(member => !OfficialApi.Types[headline].Contains(member)), Is.Empty, $"members of {type} that the official package lacks");
    }

    [Test]
    public void Listing_Parsed_HoldsKnownLines()
    {
        var session = OfficialApi.Types["Microsoft.ML.OnnxRuntime.InferenceSession class IDisposable"];

        Assert.That(session, Does.Contain("ctor(byte[] model, SessionOptions options)"));
        Assert.That(session, Does.Not.Contain("void Close()"));
        Assert.That(OfficialApi.Types["Microsoft.ML.OnnxRuntime.ExecutionMode enum"], Does.Contain("ORT_SEQUENTIAL=0, ORT_PARALLEL=1"));
    }

    [Test]
    public void Members_OfShapesOfEveryKind_AreWrittenAsInTheListing() =>
        Assert.That(ApiText.Members(typeof(Sample<>)), Is.EquivalentTo(new[]
        {
            "ctor(int? count=null)",
            "field static byte[] Raw",
            "virtual string Name {get;set;}",
            "protected abstract T Make<K>(IReadOnlyDictionary<K,T> from, out long made, ref float cost, bool all=True, CancellationToken token=null)",
            "static ValueTuple<int,string> Pair(ReadOnlySpan<Char> text=null)",
            "event EventHandler Changed",
        }));

#pragma warning disable CA1000, CA1715 // Names and statics are here to be written out.
    /// <summary>One member of every shape that the listing writes, and some that it leaves out.</summary>
    public abstract class Sample<T>
    {
        public static readonly byte[] Raw = [];
        private protected int hidden;

        public Sample(int? count = null) => hidden = count ?? 0;

        protected Sample(string text) => hidden = text.Length;

        public event EventHandler? Changed;

        public virtual string Name { get; set; } = "";

        internal int Count => hidden;

        public static (int Number, string Text) Pair(ReadOnlySpan<char> text = default) => (text.Length, "");

        protected abstract T Make<K>(IReadOnlyDictionary<K, T> from, out long made, ref float cost, bool all = true, CancellationToken token = default);

        private protected void Raise() => Changed?.Invoke(this, EventArgs.Empty);
    }
#pragma warning restore CA1000, CA1715
}
