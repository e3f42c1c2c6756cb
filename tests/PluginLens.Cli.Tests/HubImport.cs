using PluginLens.Tests.Shared;

namespace PluginLens.Cli.Tests;

/// <summary>What the tests of imports from a hub on this machine share.</summary>
internal static class HubImport
{
    /// <summary>A file that the repository holds.</summary>
    public const string Small = "tests/Golden/gguf/models/gemma2-Q4_0.gguf";

    /// <summary>Content of a file that is kept for the tests.</summary>
    /// <param name="path">From the root of the repository.</param>
    public static byte[] Golden(string path) => File.ReadAllBytes(Path.Combine(Cli.Root, path));

    /// <summary>Variables with which the program knows this hub and no other.</summary>
    /// <param name="hub">The hub.</param>
    /// <param name="folder">Holds its cache.</param>
    /// <param name="more">Further ones.</param>
    public static Dictionary<string, string> Environment(FakeHub hub, TemporaryFolder folder, params (string Name, string Value)[] more)
    {
        var variables = new Dictionary<string, string>
        {
            ["HF_ENDPOINT"] = hub.Address.ToString(), ["HF_HOME"] = folder.At("hf"), ["HF_HUB_CACHE"] = "", ["HF_TOKEN"] = "", ["HF_TOKEN_PATH"] = "", ["HF_HUB_OFFLINE"] = "",
            ["TRANSFORMERS_OFFLINE"] = "", ["HF_HUB_DISABLE_SYMLINKS"] = "", ["HTTP_PROXY"] = "", ["http_proxy"] = "", ["ALL_PROXY"] = "", ["all_proxy"] = "",
        };
        foreach (var (name, value) in more)
        {
            variables[name] = value;
        }

        return variables;
    }

    /// <summary>A repository with two models.</summary>
    public static FakeRepository GgufRepository()
    {
        var repository = new FakeRepository("org/model");
        repository.Commit(("README.md", "hello"u8.ToArray()), ("model-Q4_0.gguf", Golden(Small)), ("model-Q8_0.gguf", Golden("tests/Golden/gguf/models/qwen2-Q8_0.gguf")));
        return repository;
    }
}
