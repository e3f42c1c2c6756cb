using Google.Protobuf;
using PluginLens.Onnx.Proto;

namespace PluginLens.Onnx.Files;

/// <summary>
/// The graph of an ONNX file without its weights: initializers that carry large inline data get a reference to where these bytes lie in the file
/// instead, so that a file of any size parses in milliseconds and its weights are used from the map.
/// </summary>
internal static class SlimModel
{
    /// <summary>Data of an initializer that is longer than this stays in the file.</summary>
    private const int Inline = 1024;

    private const int GraphField = 7;
    private const int InitializerField = 5;
    private const int RawDataField = 9;

    /// <summary>Parses the file.</summary>
    /// <param name="file">An ONNX file, mapped.</param>
    public static ModelProto Parse(MappedFile file)
    {
        var name = Path.GetFileName(file.Path);
        if (file.Span(0, (int)Math.Min(file.Length, 12)).StartsWith("version http"u8))
        {
            throw new ModelException($"'{file.Path}' is a Git LFS pointer, not a model: the file itself was not downloaded; run 'git lfs pull'.");
        }

        try
        {
            using var slim = new MemoryStream();
            Copy(new WireReader(file, 0, file.Length), slim, GraphField, (graph, into) =>
                Copy(graph, into, InitializerField, (tensor, inner) => Externalise(tensor, inner, name)));
            return ModelProto.Parser.ParseFrom(slim.GetBuffer().AsSpan(0, (int)slim.Length));
        }
        catch (InvalidProtocolBufferException error)
        {
            throw new ModelException($"'{file.Path}' is not an ONNX file, or it is damaged ({error.Message.TrimEnd('.')}); copy or export the model again.", error);
        }
    }

    /// <summary>Copies a message, rewriting each occurrence of one length-delimited field.</summary>
    private static void Copy(WireReader message, Stream output, int field, Action<WireReader, Stream> rewrite)
    {
        while (message.Next(out var entry))
        {
            if (entry.Field != field || !entry.IsBytes)
            {
                message.CopyTo(entry, output);
                continue;
            }

            using var inner = new MemoryStream();
            rewrite(message.Inside(entry), inner);
            var length = new CodedOutputStream(output, leaveOpen: true);
            length.WriteTag(field, WireFormat.WireType.LengthDelimited);
            length.WriteLength((int)inner.Length);
            length.Flush();
            inner.WriteTo(output);
        }
    }

    private static void Externalise(WireReader tensor, Stream output, string location)
    {
        while (tensor.Next(out var entry))
        {
            if (entry.Field != RawDataField || !entry.IsBytes || entry.Length <= Inline)
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
}
