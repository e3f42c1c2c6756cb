using System.Text;

namespace PluginLens.Toolkit;

/// <summary>Reads tables that a run has written (RFC 4180), for analyses that go on from one.</summary>
public static class CsvRecords
{
    /// <summary>The records, the header first. Line breaks within quotes belong to the field.</summary>
    /// <param name="reader">The text.</param>
    /// <exception cref="FormatException">A quote is not closed.</exception>
    public static IEnumerable<string[]> Read(TextReader reader)
    {
        var (fields, field, quoted, any) = (new List<string>(), new StringBuilder(), false, false);
        for (var next = reader.Read(); next >= 0; next = reader.Read())
        {
            var character = (char)next;
            any = true;
            if (quoted && character == '"' && reader.Peek() == '"')
            {
                reader.Read();
                field.Append('"');
            }
            else if (character == '"')
            {
                quoted = !quoted;
            }
            else if (!quoted && character is ',' or '\n')
            {
                fields.Add(field.ToString());
                field.Clear();
                if (character == '\n')
                {
                    yield return [.. fields];
                    fields.Clear();
                    any = false;
                }
            }
            else if (quoted || character != '\r' || reader.Peek() != '\n')
            {
                field.Append(character);
            }
        }

        if (quoted)
        {
            throw new FormatException("a quote is not closed");
        }

        if (any)
        {
            yield return [.. fields, field.ToString()];
        }
    }
}
