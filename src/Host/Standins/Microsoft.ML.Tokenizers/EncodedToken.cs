namespace Microsoft.ML.Tokenizers;

/// <summary>One token of an encoded text.</summary>
#pragma warning disable CA2231 // the official type has Equals but no operators
public readonly struct EncodedToken : IEquatable<EncodedToken>
#pragma warning restore CA2231
{
    public EncodedToken(int id, string value, Range offset)
    {
        Id = id;
        Value = value;
        Offset = offset;
    }

    /// <summary>Row of the vocabulary.</summary>
    public int Id { get; }

    /// <summary>The vocabulary's string.</summary>
    public string Value { get; }

    /// <summary>Where it stands in the normalized text, in UTF-16 units.</summary>
    public Range Offset { get; }

    public bool Equals(EncodedToken other) => Id == other.Id && Value == other.Value && Offset.Equals(other.Offset);

    public override bool Equals(object? obj) => obj is EncodedToken other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(Id, Value, Offset);
}
