using System.Diagnostics;

namespace PluginLens.Tests.Shared;

/// <summary>Named pipes that nobody writes into: who opens one to read waits for ever.</summary>
internal static class NamedPipe
{
    /// <summary>Puts one in the place of a file.</summary>
    /// <param name="path">Where.</param>
    public static void Make(string path)
    {
        File.Delete(path);
        using var made = Process.Start("mkfifo", [path]);
        made.WaitForExit();
        Assert.That(made.ExitCode, Is.Zero);
    }

    /// <summary>Calls, and fails where the call does not come back.</summary>
    /// <param name="call">Meets the pipe.</param>
    public static T Within<T>(Func<T> call)
    {
        var task = Task.Run(call);
        return Task.WhenAny(task, Task.Delay(TimeSpan.FromSeconds(20))).Result == task ? task.GetAwaiter().GetResult() : throw new TimeoutException("it waits for the pipe");
    }
}
