using System.CommandLine;
using PluginLens.Host;
using PluginLens.Hub;
using PluginLens.Import;

namespace PluginLens.Cli.Commands;

/// <summary><c>pluginlens import SOURCE [DESTINATION]</c>: an ONNX or GGUF file, a checkpoint, or a repository on the hub, becomes a model folder.</summary>
internal static class ImportCommand
{
    private static readonly Argument<string> Source = new("source") { Description = "An ONNX file, or a folder with one (its tokenizer's files and config.json lie beside it); the folder of a checkpoint (Hugging Face or TransformerLens); a GGUF file, of a split one the first part; or ORG/NAME, a repository on the Hugging Face hub, which is fetched. What exists here is always a path.", HelpName = "FILE|FOLDER|ORG/NAME" };
    private static readonly Argument<string?> Destination = new("destination") { Description = "The model folder to write. Default for ORG/NAME: NAME under the models folder.", HelpName = "DESTINATION", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Option<string?> Revision = new("--revision") { Description = "ORG/NAME: the branch, tag or commit; default: main.", HelpName = "REVISION" };
    private static readonly Option<string?> FilePattern = new("--file") { Description = "ORG/NAME: the GGUF or ONNX file that is meant; * stands for any text. Default: the safetensors, else the only GGUF file.", HelpName = "PATTERN" };
    private static readonly Option<string?> Name = new("--name") { Description = "The model's name; default: the destination's.", HelpName = "NAME" };
    private static readonly Option<bool> Force = new("--force") { Description = "Replace an existing model folder." };
    private static readonly Option<string> Dtype = DtypeOption();
    private static readonly Option<string> Format = GlobalOptions.Format("table", "json");
    private static readonly Option<bool> Quiet = new("--quiet", "-q") { Description = "No progress." };

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var command = new Command("import", """
            Turns a plain ONNX file (GPT-2, BERT, Llama, GPT-NeoX and their like), a checkpoint, a GGUF file, or a repository on the Hugging Face hub into a model folder, and checks it.

            What is fetched lies in the hub's usual cache, and what lies there already is used. HF_ENDPOINT, HF_HOME, HF_HUB_CACHE,
            HF_TOKEN, HF_HUB_OFFLINE and their like are honoured (docs/importing.md). Checkpoints need python3 with numpy and onnx.

            Examples:
              pluginlens import downloads/gpt2-onnx models/onnx/my-gpt2
              pluginlens import checkpoints/gpt2 models/onnx/my-gpt2
              pluginlens import model-Q4_0.gguf models/onnx/my-model
              pluginlens import ORG/NAME
              pluginlens import ORG/NAME-GGUF models/onnx/my-model --file "*Q4_K_M.gguf"
            """)
        {
            Source, Destination, Revision, FilePattern, Name, Force, Dtype, Format, Quiet,
        };
        command.SetAction(Run);
        return command;
    }

    private static Option<string> DtypeOption()
    {
        var dtype = new Option<string>("--dtype") { Description = "How weights are stored: those of a GGUF file as in the file, the values bit for bit llama.cpp's (stored), or widened or rounded; others as float32 where nothing else is said.", DefaultValueFactory = _ => "stored" };
        dtype.AcceptOnlyFromAmong("stored", "float32", "float16", "bfloat16");
        return dtype;
    }

    private static int Run(ParseResult parse)
    {
        var (source, destination) = (parse.GetValue(Source)!, parse.GetValue(Destination));
        var asks = new ImportRequest(destination ?? string.Empty, parse.GetValue(Name), parse.GetValue(Force), parse.GetValue(Dtype)!);
        using var interrupt = new Interrupt("the import", "what was fetched is kept, a folder that is not whole is not");
        if (File.Exists(source) || Directory.Exists(source))
        {
            if (destination is null || parse.GetValue(Revision) is not null || parse.GetValue(FilePattern) is not null)
            {
                throw new UsageException(destination is null
                    ? $"'{source}' is a path here: name the model folder to write behind it."
                    : $"'{source}' is a path here; --revision and --file are for ORG/NAME, a repository on the hub.");
            }

            if (Exporter.IsCheckpoint(source))
            {
                Importer.RequireRoom(destination, asks.Force);
                Print(parse, Exporter.Export(source, fetched: null, asks, interrupt.Token), destination);
                return ExitCode.Success;
            }

            Print(parse, ImportOutcome.Of(Importer.Import(source, destination, asks.Name, asks.Force, asks.Storage, cancellation: interrupt.Token)), destination);
            return ExitCode.Success;
        }

        if (RepositoryName.Of(source) is not { } repository || source.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase) || source.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase))
        {
            throw new UsageException($"'{source}' does not exist, and is not the name of a repository: expected a file or folder, or ORG/NAME.");
        }

        asks = asks with { Destination = destination ?? Path.Combine(new ModelLocator(parse.GetValue(GlobalOptions.Models)).Roots is [var root, ..] ? root : Path.Combine("models", "onnx"), repository.Name) };
        Print(parse, HubImport.Run(repository, parse.GetValue(Revision), parse.GetValue(FilePattern), asks, showsProgress: !parse.GetValue(Quiet), interrupt.Token), asks.Destination);
        return ExitCode.Success;
    }

    private static void Print(ParseResult parse, ImportOutcome outcome, string destination)
    {
        if (parse.GetValue(Format) == "json")
        {
            var check = outcome.Check;
            Json.Print(new
            {
                source = outcome.Source,
                folder = outcome.Folder,
                repository = outcome.Fetched?.Repository.ToString(),
                commit = outcome.Fetched?.Commit,
                found = outcome.Facts.ToDictionary(fact => fact.Key, fact => fact.Value),
                notes = outcome.Notes,
                check = check is null ? null : new { largest_difference = check.LargestDifference, largest_value = check.LargestValue, sequences = check.Sequences },
            });
            return;
        }

        if (outcome.Fetched is { } fetched)
        {
            Console.WriteLine($"fetched {fetched.Source} ({outcome.Source})");
        }

        Columns.Print(["found", ""], outcome.Facts.Select(fact => new[] { fact.Key, fact.Value }));
        Console.WriteLine();
        foreach (var note in outcome.Notes)
        {
            Console.WriteLine($"note: {note}");
        }

        Console.WriteLine($"check: {outcome.CheckSaid}");
        Console.WriteLine($"wrote {outcome.Folder}");
        Console.WriteLine($"next:  pluginlens inspect {destination}");
    }
}
