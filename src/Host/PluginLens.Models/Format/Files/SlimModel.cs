using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using PluginLens.Models.Format.Proto;

namespace PluginLens.Models.Format.Files;

/// <summary>
/// The graph of an ONNX file without its weights: initializers that carry large inline data get a reference to where these bytes lie in the file
/// instead, so that a file of any size parses in milliseconds and its weights are used from the map.
/// </summary>
internal static class SlimModel
{
    private const int GraphField = 7;
    private const int InitializerField = 5;
    private const int NameField = 8;
    private const int RawDataField = 9;

    /// <summary>Parses the file.</summary>
    /// <param name="file">An ONNX file, mapped.</param>
    public static ModelProto Parse(MappedFile file)
    {
        var name = Path.GetFileName(file.Path);
        try
        {
            using var slim = new MemoryStream();
            Copy(new WireReader(file, 0, file.Length), slim, GraphField, (graph, into) =>
                Copy(graph(), into, InitializerField, (tensor, inner) => Externalise(tensor, inner, name)));
            return ModelProto.Parser.ParseFrom(slim.GetBuffer().AsSpan(0, (int)slim.Length));
        }
        catch (InvalidProtocolBufferException error)
        {
            throw new ModelException($"'{file.Path}' is not an ONNX file, or it is damaged ({error.Message.TrimEnd('.')}); copy or export the model again.", error);
        }
    }

    /// <summary>
    /// Compares the seal in the metadata with the graph's bytes and the other entries: a graph with one flipped bit may compute something else, or
    /// ask for a terabyte.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="model">The same file, parsed.</param>
    public static void CheckSeal(MappedFile file, ModelProto model)
    {
        var seal = model.MetadataProps.FirstOrDefault(entry => entry.Key == "seal")?.Value;
        if (seal is null)
        {
            return;
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var reader = new WireReader(file, 0, file.Length);
        while (reader.Next(out var entry))
        {
            if (entry.Field == GraphField && entry.IsBytes)
            {
                for (var at = 0L; at < entry.Length; at += 1 << 30)
                {
                    hash.AppendData(file.Span(entry.Start + at, (int)Math.Min(1 << 30, entry.Length - at)));
                }
            }
        }

        foreach (var entry in model.MetadataProps.Where(entry => entry.Key != "seal"))
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{entry.Key}\0{entry.Value}\0"));
        }

        if (Convert.ToHexStringLower(hash.GetHashAndReset()) != seal)
        {
            throw new ModelException($"'{file.Path}' has changed since it was written (its seal does not fit): it is damaged or was edited; copy or export the model again.");
        }
    }

    /// <summary>Copies a message, rewriting each occurrence of one length-delimited field.</summary>
    private static void Copy(WireReader message, Stream output, int field, Action<Func<WireReader>, Stream> rewrite)
    {
        while (message.Next(out var entry))
        {
            if (entry.Field != field || !entry.IsBytes)
            {
                message.CopyTo(entry, output);
                continue;
            }

            using var inner = new MemoryStream();
            rewrite(() => message.Inside(entry), inner);
            var length = new CodedOutputStream(output, leaveOpen: true);
            length.WriteTag(field, WireFormat.WireType.LengthDelimited);
            length.WriteLength((int)inner.Length);
            length.Flush();
            inner.WriteTo(output);
        }
    }

    /// <summary>Small constants of the graph (shapes, scalars) stay inline; weights do not.</summary>
    private static void Externalise(Func<WireReader> open, Stream output, string location)
    {
        var isConstant = IsConstant(open());
        var tensor = open();
        while (tensor.Next(out var entry))
        {
            if (entry.Field != RawDataField || !entry.IsBytes || isConstant)
            {
                tensor.CopyTo(entry, output);
                continue;
            }

            var place = new TensorProto { DataLocation = TensorProto.Types.DataLocation.External };
            place.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = location });
            place.ExternalData.Add(new StringStringEntryProto { Key = "offset", Value = $"{entry.Start}" });
            place.ExternalData.Add(new StringStringEntryProto { Key = "length", Value = $"{entry.Length}" });
            place.WriteTo(output);
        }
    }

    private static bool IsConstant(WireReader tensor)
    {
        while (tensor.Next(out var entry))
        {
            if (entry.Field == NameField && entry.IsBytes)
            {
                return tensor.Starts(entry, "const."u8);
            }
        }

        return false;
    }
}
