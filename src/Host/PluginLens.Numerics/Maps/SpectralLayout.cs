using System.Numerics.Tensors;
using PluginLens.Numerics.Algebra;

namespace PluginLens.Numerics.Maps;

/// <summary>
/// Where a graph's points lie by the eigenvectors of its normalised Laplacian <c>1 - D^-½ W D^-½</c> of least eigenvalue, the constant one left out. A graph in several pieces has one such layout
/// a piece, around the piece's centre in the principal components of all centres and half as large as the way to the nearest other centre. A piece of a few points is laid out by its principal components.
/// </summary>
internal static class SpectralLayout
{
    /// <summary>Lays out, with signs that do not depend on rounding.</summary>
    /// <param name="graph">Links, none below 0.</param>
    /// <param name="rows">What the points are, <c>n x d</c>.</param>
    /// <param name="components">Dimensions.</param>
    /// <param name="cancellation">Watched.</param>
    /// <returns><c>n x components</c>, no coordinate larger than about 1.</returns>
    public static Matrix64 Of(SymmetricLinks graph, Matrix64 rows, int components, CancellationToken cancellation)
    {
        var pieces = Pieces(graph);
        var centres = Unit(Wide(PrincipalComponents.Of(Centres(rows, pieces), components, cancellation), components));
        var result = new Matrix64(graph.Rows, components);
        for (var piece = 0; piece < pieces.Count; piece++)
        {
            var layout = Unit(Piece(graph, rows, pieces[piece], components, cancellation));
            var size = pieces.Count == 1 ? 1 : Room(centres, piece);
            for (var at = 0; at < pieces[piece].Length; at++)
            {
                TensorPrimitives.MultiplyAdd(layout.Row(at), size, centres.Row(piece), result.Row(pieces[piece][at]));
            }
        }

        return result;
    }

    /// <summary>What hangs together, the piece of the first row first; rows ascending.</summary>
    /// <param name="graph">Links; those of value 0 do not count.</param>
    internal static List<int[]> Pieces(SymmetricLinks graph)
    {
        var seen = new bool[graph.Rows];
        var pieces = new List<int[]>();
        for (var first = 0; first < graph.Rows; first++)
        {
            if (seen[first])
            {
                continue;
            }

            var (piece, next) = (new List<int>(), new Queue<int>([first]));
            seen[first] = true;
            while (next.TryDequeue(out var row))
            {
                piece.Add(row);
                foreach (var link in graph[row])
                {
                    if (link.Value > 0 && !seen[link.Row])
                    {
                        seen[link.Row] = true;
                        next.Enqueue(link.Row);
                    }
                }
            }

            pieces.Add([.. piece.Order()]);
        }

        return pieces;
    }

    private static Matrix64 Centres(Matrix64 rows, List<int[]> pieces)
    {
        var centres = new Matrix64(pieces.Count, rows.Columns);
        for (var piece = 0; piece < pieces.Count; piece++)
        {
            foreach (var row in pieces[piece])
            {
                TensorPrimitives.MultiplyAdd(rows.Row(row), 1.0 / pieces[piece].Length, centres.Row(piece), centres.Row(piece));
            }
        }

        return centres;
    }

    // Half the way to the nearest other centre; of centres on one spot none has room of its own.
    private static double Room(Matrix64 centres, int piece)
    {
        var nearest = Enumerable.Range(0, centres.Rows).Where(other => other != piece).Min(other => TensorPrimitives.Distance<double>(centres.Row(piece), centres.Row(other)));
        return Math.Max(nearest / 2, 1e-3);
    }

    private static Matrix64 Piece(SymmetricLinks graph, Matrix64 rows, int[] piece, int components, CancellationToken cancellation)
    {
        if (piece.Length <= 2 * (components + 1))
        {
            var few = new Matrix64(piece.Length, rows.Columns);
            for (var at = 0; at < piece.Length; at++)
            {
                rows.Row(piece[at]).CopyTo(few.Row(at));
            }

            return Wide(PrincipalComponents.Of(few, components, cancellation), components);
        }

        var place = new int[graph.Rows];
        for (var at = 0; at < piece.Length; at++)
        {
            place[piece[at]] = at;
        }

        var roots = Array.ConvertAll(piece, row =>
        {
            var degree = 0.0;
            foreach (var link in graph[row])
            {
                degree += link.Value;
            }

            return Math.Sqrt(degree);
        });
        var constant = Array.ConvertAll(roots, root => root / TensorPrimitives.Norm<double>(roots));
        var scaled = new double[piece.Length];

        // 1 + D^-½ W D^-½ less twice its constant eigenvector: no eigenvalue below 0, the wanted ones largest. A residual of 1e-4 will do: this is a start.
        var vectors = LeadingVectors.Of(piece.Length, components, Product, tolerance: 1e-4, mostRestarts: 100, cancellation).Transpose();
        FactoredSvd.FixSigns(new ThinSvd(new Matrix64(0, components), new double[components], vectors));
        return vectors;

        void Product(ReadOnlySpan<double> vector, Span<double> image)
        {
            TensorPrimitives.Divide(vector, roots, scaled);
            for (var at = 0; at < image.Length; at++)
            {
                var sum = 0.0;
                foreach (var link in graph[piece[at]])
                {
                    sum += link.Value * scaled[place[link.Row]];
                }

                image[at] = vector[at] + (sum / roots[at]);
            }

            TensorPrimitives.MultiplyAdd(constant, -2 * TensorPrimitives.Dot<double>(constant, vector), image, image);
        }
    }

    private static Matrix64 Wide(Matrix64 narrow, int components)
    {
        var result = new Matrix64(narrow.Rows, components);
        for (var row = 0; row < narrow.Rows; row++)
        {
            narrow.Row(row).CopyTo(result.Row(row));
        }

        return result;
    }

    private static Matrix64 Unit(Matrix64 layout)
    {
        var largest = layout.Data.Length == 0 ? 0 : Math.Abs(TensorPrimitives.MaxMagnitude<double>(layout.Data));
        TensorPrimitives.Divide(layout.Data, largest > 0 ? largest : 1, layout.Data);
        return layout;
    }
}
