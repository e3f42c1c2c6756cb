using System.Diagnostics;

namespace PluginLens.Cli.Tests;

/// <summary>What <c>./pluginlens</c> decides and says before the program runs: a copy of it in a folder of its own, with an SDK that only writes down what it is asked.</summary>
[Platform("Linux,MacOsX")]
[NonParallelizable]
public sealed class StartScriptTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void MakeFolder()
    {
        _folder = new TemporaryFolder();
        foreach (var file in new[] { "pluginlens", "src/build.sh", "Directory.Build.props", "global.json", "export-scripts/graph/model.graph" })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_folder.At(file))!);
            File.Copy(Path.Combine(Cli.Root, file), _folder.At(file));
        }

        Directory.CreateDirectory(_folder.At("bin"));
        Script("bin/uname", "echo Linux x86_64");
        Script("bin/dotnet", """
            case $1 in
                publish)
                    echo "$*" >> asked
                    [ ! -e broken ] || { echo "src/Some.cs(1,1): error CS1002: ; expected"; exit 1; }
                    echo "  PluginLens.Cli -> /somewhere/pluginlens.dll"
                    while [ "$1" != -o ]; do shift; done
                    mkdir -p "$2"
                    printf '#!/bin/sh\necho "the program: $*"\n' > "$2/pluginlens"
                    chmod +x "$2/pluginlens" ;;
                *) echo 10.0.100 ;;
            esac
            """);
    }

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    [TestCase("", "", "false")]
    [TestCase("", "dev/nvidiactl", "true")]
    [TestCase("", "dev/nvidia0", "true")]
    [TestCase("", "dev/dxg", "false", Description = "Windows' device without the driver's library")]
    [TestCase("", "dev/dxg usr/lib/wsl/lib/libcuda.so.1", "true")]
    [TestCase("0", "dev/nvidiactl", "false")]
    [TestCase("1", "", "true")]
    public void Device_DecidesWhetherTheBuildHasCuda_UnlessTheVariableDoes(string variable, string devices, string gpu)
    {
        var result = Start(variable, devices, "list");

        Assert.That((result.ExitCode, result.Output), Is.EqualTo((0, "the program: list\n")));
        Assert.That(File.ReadAllText(_folder.At("asked")), Does.Contain($" -p:Gpu={gpu} "));
        Assert.That(File.Exists(_folder.At($"artifacts/pluginlens{(gpu == "true" ? "-gpu" : "")}/pluginlens")));
        Assert.That(result.Errors, gpu == "true" ? Does.Contain("with CUDA") : Does.Not.Contain("CUDA"));
    }

    [TestCase("Darwin arm64")]
    [TestCase("Linux aarch64")]
    public void CudaWhereItDoesNotExist_IsAnErrorWhereAskedFor_AndLeftOutOtherwise(string machine)
    {
        Script("bin/uname", $"echo {machine}");

        var asked = Start("1", "", "list");
        Assert.That(asked.ExitCode, Is.EqualTo(2));
        Assert.That(asked.Errors, Does.StartWith("pluginlens: PLUGINLENS_GPU=1: ONNX Runtime with CUDA exists for Linux and Windows on x64, this is " + machine));
        Assert.That(File.Exists(_folder.At("asked")), Is.False);

        Assert.That(Start("", "dev/nvidiactl", "list").ExitCode, Is.Zero);
        Assert.That(File.ReadAllText(_folder.At("asked")), Does.Contain("-p:Gpu=false"));
    }

    [Test]
    public void VariableOfNoMeaning_IsAUsageError()
    {
        var result = Start("yes", "", "list");

        Assert.That((result.ExitCode, result.Errors), Is.EqualTo((2, "pluginlens: PLUGINLENS_GPU is 'yes': expected 1 (build with CUDA) or 0 (without); unset, an NVIDIA device decides.\n")));
    }

    [Test]
    public void FirstUse_SaysWhatItDoes_ThenBuildsOnlyAfterAChange()
    {
        Assert.That(Start("", "", "list").Errors, Does.StartWith("Building PluginLens for the first use").And.Contains("packages ... there\nassemblies Cli\n"));
        Assert.That(Start("", "", "list").Errors, Is.Empty);

        File.SetLastWriteTimeUtc(_folder.At("export-scripts/graph/model.graph"), DateTime.UtcNow.AddSeconds(5));
        Assert.That(Start("", "", "list").Errors, Does.StartWith("Building what changed"));
        Assert.That(File.ReadAllLines(_folder.At("asked")), Has.Length.EqualTo(2));
    }

    [Test]
    public void BuildThatFails_ShowsItsErrors_AndIsTriedAgain()
    {
        File.WriteAllText(_folder.At("broken"), "");
        var failed = Start("", "", "list");
        Assert.That((failed.ExitCode, failed.Output), Is.EqualTo((1, "")));
        Assert.That(failed.Errors, Does.Contain("error CS1002").And.EndsWith("pluginlens: the build failed; everything it said is in artifacts/pluginlens.log.\n"));

        File.Delete(_folder.At("broken"));
        Assert.That(Start("", "", "list").ExitCode, Is.Zero);
    }

    [Test]
    public void NoSdk_IsAUsageError()
    {
        Script("bin/dotnet", "exit 145");

        var result = Start("", "", "list");

        Assert.That(result.ExitCode, Is.EqualTo(2));
        Assert.That(result.Errors, Does.StartWith("pluginlens: no .NET SDK 10 found"));
    }

    [Test]
    public void BuildWithCudaForAnotherPlatform_IsAnErrorOfTheBuild()
    {
        var start = new ProcessStartInfo("dotnet", ["msbuild", "src/Host/PluginLens.Cli", "-t:RefuseCuda", "-p:Gpu=true", "-p:CudaPlatform=Arm64", "-nologo"]) { WorkingDirectory = Cli.Root };

        var result = Run(start);

        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Output, Does.Contain("error : Gpu=true: ONNX Runtime with CUDA exists for Linux and Windows on x64"));
    }

    private void Script(string name, string text)
    {
        File.WriteAllText(_folder.At(name), "#!/bin/sh\n" + text.ReplaceLineEndings("\n") + "\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(_folder.At(name), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    /// <summary>Starts the script, where the machine has the given devices.</summary>
    private CliResult Start(string gpu, string devices, params string[] arguments)
    {
        foreach (var device in devices.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_folder.At("root/" + device))!);
            File.WriteAllText(_folder.At("root/" + device), "");
        }

        var start = new ProcessStartInfo("sh", [_folder.At("pluginlens"), .. arguments]);
        start.Environment["PATH"] = $"{_folder.At("bin")}:{start.Environment["PATH"]}";
        start.Environment["PLUGINLENS_GPU"] = gpu;
        start.Environment["PLUGINLENS_DEVICES"] = _folder.At("root");
        return Run(start);
    }

    private static CliResult Run(ProcessStartInfo start)
    {
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new CliResult(process.ExitCode, output, errors.Result);
    }
}
