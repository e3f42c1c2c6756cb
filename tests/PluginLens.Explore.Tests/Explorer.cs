using System.Diagnostics;
using System.Net;
using System.Text;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace PluginLens.Explore.Tests;

/// <summary><c>pluginlens explore</c> in a process of its own.</summary>
internal sealed class Explorer : IDisposable
{
    /// <summary>A plugin that lies outside the installation.</summary>
    public static readonly string Fixture = Path.Combine(Cli.Tests.Cli.Root, "artifacts", "fixtures", "Misbehaves");

    private readonly TemporaryFolder _folder = new();
    private readonly Process _process;

    /// <summary>Starts it and waits for its page.</summary>
    /// <param name="more">Arguments.</param>
    public Explorer(params string[] more)
    {
        Temporary = Directory.CreateDirectory(_folder.At("temporary")).FullName;
        Started = Directory.CreateDirectory(_folder.At("started")).FullName;
        _process = Cli.Tests.Cli.Start(Started, ["explore", "--no-open", "--models", Path.Combine(Cli.Tests.Cli.Root, "models", "onnx"), .. more], new Dictionary<string, string> { ["TMPDIR"] = Temporary });
        Address = _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"no page: {_process.StandardError.ReadToEnd()}");
        Site = new Uri(Address).GetLeftPart(UriPartial.Authority);
        Token = Address[(Address.IndexOf("token=", StringComparison.Ordinal) + "token=".Length)..];
        Client = new HttpClient { BaseAddress = new Uri(Site) };
        Client.DefaultRequestHeaders.Add("X-PluginLens-Token", Token);
    }

    /// <summary>The line that it printed.</summary>
    public string Address { get; }

    /// <summary>Without path and token.</summary>
    public string Site { get; }

    /// <summary>The token.</summary>
    public string Token { get; }

    /// <summary>Where it was started.</summary>
    public string Started { get; }

    /// <summary>Its folder for temporary files.</summary>
    public string Temporary { get; }

    /// <summary>Asks as the page does.</summary>
    public HttpClient Client { get; }

    /// <summary>Whether it lives.</summary>
    public bool Lives => !_process.HasExited;

    /// <summary>Form of a run.</summary>
    /// <param name="analysis">The analysis.</param>
    /// <param name="options">Its options.</param>
    /// <param name="tab">The window.</param>
    /// <param name="prompt">The prompt.</param>
    /// <param name="model">The model.</param>
    public static StringContent Form(string analysis, object? options = null, string tab = "tab", string prompt = "The cat sat", string model = "tiny-gpt2") =>
        new(JsonConvert.SerializeObject(new { tab, analysis, models = new[] { model }, prompts = new[] { prompt }, options }), Encoding.UTF8, "application/json");

    /// <summary>Runs, and gives all that was said.</summary>
    /// <param name="form">The form.</param>
    public async Task<List<JObject>> Run(HttpContent form)
    {
        using var answer = await Client.PostAsync("/api/run", form);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK), await answer.Content.ReadAsStringAsync());
        return [.. (await answer.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(JObject.Parse)];
    }

    /// <summary>Begins a run and reads until it said something that holds.</summary>
    /// <param name="form">The form.</param>
    /// <param name="holds">What is waited for.</param>
    public async Task<StreamReader> Begin(HttpContent form, Func<JObject, bool> holds)
    {
        var answer = await Client.SendAsync(new HttpRequestMessage(HttpMethod.Post, "/api/run") { Content = form }, HttpCompletionOption.ResponseHeadersRead);
        var lines = new StreamReader(await answer.Content.ReadAsStreamAsync());
        while (!holds(JObject.Parse(await lines.ReadLineAsync() ?? throw new InvalidOperationException("the run ended"))))
        {
        }

        return lines;
    }

    /// <summary>A file that a run in a process of its own makes, which is there while the run is.</summary>
    public IEnumerable<string> Isolated() => Directory.GetDirectories(Temporary, "pluginlens-isolated-*");

    /// <summary>Ends it by a signal.</summary>
    /// <param name="signal">INT or TERM.</param>
    /// <returns>Its exit code, and what it said on standard error.</returns>
    public (int ExitCode, string Errors) End(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{_process.Id}"]);
        var errors = _process.StandardError.ReadToEnd();
        Assert.That(_process.WaitForExit(TimeSpan.FromSeconds(30)), "it ends");
        return (_process.ExitCode, errors);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Client.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
        _folder.Dispose();
    }
}
