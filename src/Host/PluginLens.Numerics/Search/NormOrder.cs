namespace PluginLens.Numerics.Search;

/// <summary>Sorts rows by a number that is not negative, largest first, in time that grows with the rows alone: digit by digit of the bits, the last digit first.</summary>
internal static class NormOrder
{
    private const int Bits = 11;
    private const int Digits = 1 << Bits;

    /// <summary>Sorts in place; rows with the same number keep their order.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="numbers">A number for each row of the matrix: 0 or more, finite.</param>
    public static void Descending(int[] rows, double[] numbers)
    {
        // The bits of such numbers are in the order of the numbers; of 0 and -0 only 0 is a square.
        var keys = Array.ConvertAll(rows, row => ~BitConverter.DoubleToUInt64Bits(numbers[row]));
        var (sortedKeys, sortedRows) = (new ulong[keys.Length], new int[rows.Length]);
        var (fromKeys, fromRows, toKeys, toRows) = (keys, rows, sortedKeys, sortedRows);
        var ends = new int[Digits];
        for (var shift = 0; shift < 8 * sizeof(ulong); shift += Bits)
        {
            Array.Clear(ends);
            foreach (var key in fromKeys)
            {
                ends[(int)(key >> shift) & (Digits - 1)]++;
            }

            if (fromKeys.Length > 0 && ends[(int)(fromKeys[0] >> shift) & (Digits - 1)] == fromKeys.Length)
            {
                continue;
            }

            for (int digit = 0, start = 0; digit < Digits; digit++)
            {
                (ends[digit], start) = (start, start + ends[digit]);
            }

            for (var i = 0; i < fromKeys.Length; i++)
            {
                ref var place = ref ends[(int)(fromKeys[i] >> shift) & (Digits - 1)];
                (toKeys[place], toRows[place]) = (fromKeys[i], fromRows[i]);
                place++;
            }

            (fromKeys, fromRows, toKeys, toRows) = (toKeys, toRows, fromKeys, fromRows);
        }

        if (fromRows != rows)
        {
            fromRows.CopyTo(rows, 0);
        }
    }
}
