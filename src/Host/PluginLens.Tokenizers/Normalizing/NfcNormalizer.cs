namespace PluginLens.Tokenizers.Normalizing;

/// <summary>Canonical composition.</summary>
internal sealed class NfcNormalizer() : TextNormalizer(NormalForms.Compose);
