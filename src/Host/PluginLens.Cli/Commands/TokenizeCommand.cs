using System.CommandLine;
using PluginLens.Host;
using PluginLens.Models;

namespace PluginLens.Cli.Commands;

/// <summary><c>pluginlens tokenize</c>: what a model's tokenizer makes of texts.</summary>
internal static class TokenizeCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var model = new Option<string?>("--model", "-m") { Description = "A name under the models folder, or any model folder. Default: tiny-gpt2.", HelpName = "NAME|FOLDER" };
        var prompt = new Option<string[]>("--prompt") { Description = "A text; may repeat.", HelpName = "TEXT" };
        var prompts = new Option<string[]>("--prompts") { Description = "A file of texts: .txt (one a line), .csv (column text), .jsonl (field text).", HelpName = "FILE" };
        var format = GlobalOptions.Format("table", "json");
        var command = new Command("tokenize", "Shows the tokens and ids of texts, with the special tokens that the tokenizer adds by default and without them.")
        {
            model, prompt, prompts, format,
        };
        command.SetAction(parse =>
        {
            var texts = Texts(parse.GetValue(prompt) ?? [], parse.GetValue(prompts) ?? []);
            using var opened = ModelFolder.Open(new ModelLocator(parse.GetValue(GlobalOptions.Models)).Find(parse.GetValue(model)), new OpenOptions { Weights = WeightsPolicy.Ignore });
            var tokenizer = opened.Tokenizer ?? throw new UsageException($"Model '{opened.Config.Name}' has no tokenizer; put its files into the checkpoint folder and export it again.");
            foreach (var note in Capitals.Note(opened, texts) is { } capitals ? [.. tokenizer.Notes, capitals] : tokenizer.Notes)
            {
                Console.Error.WriteLine($"note: {note}");
            }

            var read = texts.Select(text => TokenizedText.Of(text, tokenizer));
            if (parse.GetValue(format) == "json")
            {
                Json.Print(read.Select(text => new { text = text.Text, ids = text.Ids, ids_with_special = text.IdsWithSpecial, tokens = text.Tokens, decoded = text.Decoded }));
            }
            else
            {
                Print([.. read], tokenizer);
            }

            return ExitCode.Success;
        });
        return command;
    }

    private static List<string> Texts(string[] texts, string[] files)
    {
        var all = texts.ToList();
        foreach (var file in files)
        {
            var before = all.Count;
            all.AddRange(TextFile.Read(file).Select(row => row.Text));
            if (all.Count == before)
            {
                throw new UsageException($"--prompts '{file}' holds no text.");
            }
        }

        return all.Count > 0 ? all : throw new UsageException("No text: give --prompt TEXT or --prompts FILE.");
    }

    private static void Print(List<TokenizedText> texts, ModelTokenizer tokenizer)
    {
        foreach (var (index, text) in texts.Index())
        {
            if (index > 0)
            {
                Console.WriteLine();
            }

            Console.WriteLine($"text          {DisplayText.Token(text.Text)}");
            Console.WriteLine($"ids           {string.Join(',', text.Ids)}");
            Console.WriteLine($"with special  {string.Join(',', text.IdsWithSpecial)}");
            Console.WriteLine($"decoded       {DisplayText.Token(text.Decoded)}");
            Columns.Print(
                ["pos", "id", "token", "text", ""],
                text.IdsWithSpecial.Select((id, pos) => new[]
                {
                    $"{pos}", $"{id}", DisplayText.Token(tokenizer.Piece(id) ?? string.Empty), DisplayText.Token(tokenizer.Text(id)), tokenizer.IsSpecial(id) ? "special" : string.Empty,
                }));
        }
    }
}
