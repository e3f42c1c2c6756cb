namespace PluginLens.Numerics.Algebra;

/// <summary>The Hungarian algorithm with potentials and shortest augmenting paths, O(n² m).</summary>
internal static class Assignment
{
    /// <summary>The assignment of least total cost. Deterministic: ties go to the lower index on the way.</summary>
    /// <param name="cost">Costs, <c>n x m</c>, finite.</param>
    /// <returns>The column of each row, -1 = none, <c>[n]</c>.</returns>
    public static int[] Solve(Matrix64 cost)
    {
        var bad = Array.FindIndex(cost.Data, value => !double.IsFinite(value));
        if (bad >= 0)
        {
            throw new ArgumentException($"Expected finite costs, found {cost.Data[bad]} in row {bad / cost.Columns}, column {bad % cost.Columns}.");
        }

        if (cost.Rows <= cost.Columns)
        {
            return SolveWide(cost);
        }

        var rows = new int[cost.Rows];
        Array.Fill(rows, -1);
        var chosen = SolveWide(cost.Transpose());
        for (var column = 0; column < chosen.Length; column++)
        {
            rows[chosen[column]] = column;
        }

        return rows;
    }

    // Index 0 of rows and columns stands for "none"; real ones count from 1.
    private static int[] SolveWide(Matrix64 cost)
    {
        int n = cost.Rows, m = cost.Columns;
        var rowPotential = new double[n + 1];
        var columnPotential = new double[m + 1];
        var rowOf = new int[m + 1];
        var previous = new int[m + 1];
        for (var row = 1; row <= n; row++)
        {
            var column = Augment(cost, row, rowPotential, columnPotential, rowOf, previous);
            while (column != 0)
            {
                rowOf[column] = rowOf[previous[column]];
                column = previous[column];
            }
        }

        var result = new int[n];
        for (var column = 1; column <= m; column++)
        {
            if (rowOf[column] != 0)
            {
                result[rowOf[column] - 1] = column - 1;
            }
        }

        return result;
    }

    private static int Augment(Matrix64 cost, int row, double[] rowPotential, double[] columnPotential, int[] rowOf, int[] previous)
    {
        var least = new double[columnPotential.Length];
        var used = new bool[columnPotential.Length];
        Array.Fill(least, double.PositiveInfinity);
        rowOf[0] = row;
        var column = 0;
        while (rowOf[column] != 0)
        {
            used[column] = true;
            int current = rowOf[column], next = 0;
            var step = double.PositiveInfinity;
            for (var j = 1; j < least.Length; j++)
            {
                if (used[j])
                {
                    continue;
                }

                var reduced = cost[current - 1, j - 1] - rowPotential[current] - columnPotential[j];
                if (reduced < least[j])
                {
                    least[j] = reduced;
                    previous[j] = column;
                }

                if (least[j] < step)
                {
                    step = least[j];
                    next = j;
                }
            }

            for (var j = 0; j < least.Length; j++)
            {
                if (used[j])
                {
                    rowPotential[rowOf[j]] += step;
                    columnPotential[j] -= step;
                }
                else
                {
                    least[j] -= step;
                }
            }

            column = next;
        }

        return column;
    }
}
