using System.CommandLine;
using PluginLens.Host;

namespace PluginLens.Cli.Commands;

/// <summary><c>pluginlens completion SHELL</c>: the lines that teach a shell to complete commands, analyses, options and models.</summary>
internal static class CompletionCommand
{
    private static readonly Dictionary<string, string> Scripts = new()
    {
        ["bash"] = """
            _pluginlens() {
                local line
                COMPREPLY=()
                while IFS= read -r line; do COMPREPLY+=("$line"); done < <("${COMP_WORDS[0]}" complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
            }
            complete -o default -F _pluginlens pluginlens ./pluginlens
            """,
        ["zsh"] = """
            #compdef pluginlens
            _pluginlens() {
                local -a found
                found=("${(@f)$("${words[1]}" complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
                if [[ -n "${found[1]}" ]]; then compadd -a found; else _files; fi
            }
            compdef _pluginlens pluginlens
            """,
        ["fish"] = """
            function __pluginlens_complete
                set -l words (commandline -opc) (commandline -ct)
                $words[1] complete -- $words[2..-1] 2>/dev/null
            end
            complete -c pluginlens -a '(__pluginlens_complete)'
            """,
        ["powershell"] = """
            Register-ArgumentCompleter -Native -CommandName pluginlens -ScriptBlock {
                param($wordToComplete, $commandAst, $cursorPosition)
                $words = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { $_.ToString() })
                if ($wordToComplete -eq '') { $words += '""' }
                & $commandAst.CommandElements[0].ToString() complete '--' @words 2>$null | ForEach-Object {
                    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
                }
            }
            """,
    };

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh, fish or powershell.", HelpName = "SHELL" };
        var command = new Command("completion", """
            Prints what makes a shell complete commands, analyses, options and models.

            Examples:
              eval "$(pluginlens completion bash)"                                   (in ~/.bashrc)
              pluginlens completion zsh > ~/.zfunc/_pluginlens                       (a folder of fpath)
              pluginlens completion fish > ~/.config/fish/completions/pluginlens.fish
              pluginlens completion powershell | Out-String | Invoke-Expression      (in $PROFILE)
            """) { shell };
        command.SetAction(parse =>
        {
            var name = parse.GetValue(shell)!;
            Console.WriteLine(Scripts.TryGetValue(name, out var script) ? script : throw new UsageException($"No completion for '{name}': expected {string.Join(", ", Scripts.Keys)}."));
            return ExitCode.Success;
        });
        return command;
    }
}
