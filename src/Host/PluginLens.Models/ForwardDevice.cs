using PluginLens.Models.Sessions;

namespace PluginLens.Models;

/// <summary>The device of a model and of its views: tried once, when first asked for; and whether a pass ran on it since a moment.</summary>
/// <param name="wanted">What was asked for.</param>
internal sealed class ForwardDevice(Device wanted)
{
    private readonly Lazy<DeviceChoice> _choice = new(() => DeviceChoice.Try(wanted));
    private bool _isUsed;

    /// <summary>Where passes run.</summary>
    public DeviceChoice Choice => _choice.Value;

    /// <summary>Where passes ran; null where none did.</summary>
    public DeviceChoice? Used => _isUsed ? Choice : null;

    /// <summary>A pass begins.</summary>
    public void Use() => _isUsed = true;

    /// <summary>Passes so far count no more.</summary>
    public void Forget() => _isUsed = false;

    /// <summary>Runs a pass: on the processor beside others, on a device alone, for it gains nothing from passes side by side, and each of them would need its memory.</summary>
    /// <param name="pass">The pass.</param>
    public void Run(Action pass)
    {
        if (!Choice.UsesCuda)
        {
            pass();
            return;
        }

        lock (_choice)
        {
            pass();
        }
    }
}
