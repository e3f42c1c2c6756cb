using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace PluginLens.Hub;

/// <summary>What the hub knows a content by: SHA-256 of a large file, git's id of a small one, which is SHA-1 of <c>blob SIZE\0</c> and the content.</summary>
internal static class ContentId
{
    private const int Piece = 1 << 20;

    /// <summary>The id of a content, of the kind of another.</summary>
    /// <param name="content">Read from its beginning.</param>
    /// <param name="expected">An id of 40 or 64 digits.</param>
    /// <param name="cancellation">Stops between pieces.</param>
    public static string Of(Stream content, string expected, CancellationToken cancellation)
    {
        // SHA-1 is what git names contents by.
        using var hash = IncrementalHash.CreateHash(expected.Length == 64 ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA1);
        if (expected.Length == 40)
        {
            hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {content.Length}\0")));
        }

        content.Position = 0;
        var piece = new byte[Piece];
        while (content.Read(piece) is > 0 and var read)
        {
            cancellation.ThrowIfCancellationRequested();
            hash.AppendData(piece.AsSpan(0, read));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
