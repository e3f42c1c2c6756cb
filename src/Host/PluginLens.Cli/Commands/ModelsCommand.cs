using System.CommandLine;
using PluginLens.Host;

namespace PluginLens.Cli.Commands;

/// <summary><c>pluginlens models</c>: what can be read.</summary>
internal static class ModelsCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var format = GlobalOptions.Format("table", "json");
        var command = new Command("models", "Lists the model folders that were found, with their sizes and processing.") { format };
        command.SetAction(parse =>
        {
            var locator = new ModelLocator(parse.GetValue(GlobalOptions.Models));
            var models = locator.All().Select(FoundModel.Of).ToList();
            if (parse.GetValue(format) == "json")
            {
                Json.Print(models.Select(model => new
                {
                    name = model.Name,
                    folder = model.Folder,
                    error = model.Error,
                    architecture = model.Config?.Architecture,
                    n_layers = model.Config?.NLayers,
                    d_model = model.Config?.DModel,
                    n_heads = model.Config?.NHeads,
                    d_vocab = model.Config?.DVocab,
                    n_ctx = model.Config?.NCtx,
                    processing = model.Config?.Processing,
                    bytes = model.Bytes,
                }));
                return ExitCode.Success;
            }

            if (models.Count == 0)
            {
                throw new ModelException("No models found: give --models FOLDER, or make one with export-scripts/export.py.");
            }

            Columns.Print(
                ["model", "architecture", "layers", "d_model", "heads", "vocabulary", "context", "weights", "size"],
                from model in models
                where model.Config is not null
                let config = model.Config
                select new[] { model.Name, config.Architecture, $"{config.NLayers}", $"{config.DModel}", $"{config.NHeads}", $"{config.DVocab}", $"{config.NCtx}", $"{config.ProcessingName}", $"{model.Bytes / 1e6:0.0} MB" });

            // A reason is a sentence and would widen its column for all.
            foreach (var model in models.Where(model => model.Error is not null))
            {
                Console.WriteLine($"{model.Name} cannot be opened: {model.Error}");
            }

            return ExitCode.Success;
        });
        return command;
    }
}
