using System.CommandLine;
using PluginLens.Host;
using PluginLens.Import;

namespace PluginLens.Cli.Commands;

/// <summary><c>pluginlens import FILE_OR_FOLDER DESTINATION</c>: a plain ONNX file becomes a model folder.</summary>
internal static class ImportCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var source = new Argument<string>("source") { Description = "An ONNX file, or a folder with one (its tokenizer's files and config.json lie beside it); or a GGUF file, of a split one the first part.", HelpName = "FILE_OR_FOLDER" };
        var destination = new Argument<string>("destination") { Description = "The model folder to write.", HelpName = "DESTINATION" };
        var name = new Option<string?>("--name") { Description = "The model's name; default: the destination's.", HelpName = "NAME" };
        var force = new Option<bool>("--force") { Description = "Replace an existing model folder." };
        var dtype = new Option<string>("--dtype") { Description = "How the weights of a GGUF file are stored: as in the file, the values bit for bit llama.cpp's, or widened or rounded.", DefaultValueFactory = _ => "stored" };
        dtype.AcceptOnlyFromAmong("stored", "float32", "float16", "bfloat16");
        var format = GlobalOptions.Format("table", "json");
        var command = new Command("import", "Turns a plain ONNX file (GPT-2, BERT, Llama, GPT-NeoX and their like) or a GGUF file into a model folder, and checks it.")
        {
            source, destination, name, force, dtype, format,
        };
        command.SetAction(parse =>
        {
            using var interrupt = new Interrupt();
            var report = Importer.Import(parse.GetValue(source)!, parse.GetValue(destination)!, parse.GetValue(name), parse.GetValue(force), Enum.Parse<WeightStorage>(parse.GetValue(dtype)!, ignoreCase: true), interrupt.Token);
            if (parse.GetValue(format) == "json")
            {
                Json.Print(new
                {
                    source = report.Source,
                    folder = report.Folder,
                    found = report.Facts.ToDictionary(fact => fact.Key, fact => fact.Value),
                    notes = report.Notes,
                    check = report.Check is null ? null : new { largest_difference = report.Check.LargestDifference, largest_value = report.Check.LargestValue, sequences = report.Check.Sequences },
                });
            }
            else
            {
                Print(report, parse.GetValue(destination)!);
            }

            return ExitCode.Success;
        });
        return command;
    }

    private static void Print(ImportReport report, string destination)
    {
        Columns.Print(["found", ""], report.Facts.Select(fact => new[] { fact.Key, fact.Value }));
        Console.WriteLine();
        foreach (var note in report.Notes)
        {
            Console.WriteLine($"note: {note}");
        }

        Console.WriteLine(report.Check is null
            ? "check: the folder opens, and its outputs are finite"
            : $"check: outputs differ from the source's by at most {report.Check.LargestDifference:g2} (largest value {report.Check.LargestValue:g3}) on {report.Check.Sequences} tokens");
        Console.WriteLine($"wrote {report.Folder}");
        Console.WriteLine($"next:  pluginlens inspect {destination}");
    }
}
