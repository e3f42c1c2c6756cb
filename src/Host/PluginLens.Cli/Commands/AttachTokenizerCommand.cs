using System.CommandLine;
using PluginLens.Host;
using PluginLens.Import;

namespace PluginLens.Cli.Commands;

/// <summary><c>pluginlens attach-tokenizer MODEL [FOLDER]</c>: a model folder without a tokenizer gets one.</summary>
internal static class AttachTokenizerCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var model = new Argument<string>("model") { Description = "A name under the models folder, or any model folder.", HelpName = "NAME|FOLDER" };
        var folder = new Argument<string?>("folder") { Description = "Where the tokenizer's files lie; default: the model's own folder, into which they were put.", HelpName = "FOLDER", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("attach-tokenizer", """
            Gives a model folder that was made without a tokenizer the one whose files lie in a folder: prompts can then be texts, and tokens have theirs.

            Examples:
              pluginlens import bare.onnx models/onnx/bare
              pluginlens attach-tokenizer bare downloads/gpt2
            """)
        {
            model, folder,
        };
        command.SetAction(parse =>
        {
            var path = new ModelLocator(parse.GetValue(GlobalOptions.Models)).Find(parse.GetValue(model)!);
            var (kind, size, notes) = AttachedTokenizer.Attach(path, parse.GetValue(folder));
            foreach (var note in notes)
            {
                Console.WriteLine($"note: {DisplayText.Text(note)}");
            }

            Console.WriteLine($"attached a {kind} tokenizer of {size} ids");
            Console.WriteLine($"next:  pluginlens tokenize --model {parse.GetValue(model)} --prompt \"some text\"");
            return ExitCode.Success;
        });
        return command;
    }
}
