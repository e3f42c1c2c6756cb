using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary>A run of <c>attention-tokens</c> as it lies in a folder, and a model to which it belongs.</summary>
internal sealed class StoredDataset : IDisposable
{
    private const string Header = "layer,head,prompt,i,j,input,input_id,attn,hadamard,hadamard_id,v,v_id\n";
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pluginlens-dataset-");

    /// <summary>Writes the run.</summary>
    /// <param name="rows">Layer, head, prompt, i, j, input, attention, token of hadamard, token of v.</param>
    public StoredDataset(params (int Layer, int Head, int Prompt, int I, int J, int Input, double Attn, int Hadamard, int V)[] rows)
    {
        Run("""{"plugin":"attention-tokens","status":"complete","model":{"name":"model","sha256":null},"notes":["vectors through W_O; W_U"]}""");
        Table(Header + string.Concat(rows.Select(row => FormattableString.Invariant(
            $"{row.Layer},{row.Head},{row.Prompt},{row.I},{row.J},\"w{row.Input},\n\",{row.Input},{row.Attn},w,{row.Hadamard},\"\"\"\",{row.V}\n"))));
    }

    /// <summary>Two layers of two heads, twelve tokens of which W_E is the row's number along each axis.</summary>
    public static FakeModel Model { get; } = new FakeModel(
        new ModelConfig { Name = "model", DModel = 3, NHeads = 2, NLayers = 2, DHead = 2, DVocab = 12, NCtx = 8 }, new FakeTokenizer(Enumerable.Range(0, 12).Select(id => $" w{id}")))
        .WithWeight("embed.W_E", [.. Enumerable.Range(0, 36).Select(at => (float)((at / 3 * (at % 3)) + (at % 7)))], 12, 3);

    /// <summary>The folder.</summary>
    public string Path => _folder.FullName;

    /// <summary>Writes run.json anew.</summary>
    /// <param name="json">Its content.</param>
    public void Run(string json) => File.WriteAllText(System.IO.Path.Combine(Path, "run.json"), json);

    /// <summary>Writes the table anew.</summary>
    /// <param name="csv">Its content.</param>
    public void Table(string csv) => File.WriteAllText(System.IO.Path.Combine(Path, "attention-tokens.csv"), csv);

    /// <inheritdoc/>
    public void Dispose() => _folder.Delete(recursive: true);
}
