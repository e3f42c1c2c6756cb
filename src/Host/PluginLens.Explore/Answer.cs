using Microsoft.AspNetCore.Http;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace PluginLens.Explore;

/// <summary>What is read from requests and written to answers: JSON in ASCII, so that halves of surrogate pairs stay what they are, and lines of text.</summary>
internal static class Answer
{
    private static readonly JsonSerializerSettings Settings = new() { StringEscapeHandling = StringEscapeHandling.EscapeNonAscii };

    /// <summary>A value as JSON in one line.</summary>
    /// <param name="value">Anonymous objects, dictionaries, lists.</param>
    public static string Text(object? value) => JsonConvert.SerializeObject(value, Settings);

    /// <summary>Answers with a value.</summary>
    /// <param name="context">The request.</param>
    /// <param name="value">Anonymous objects, dictionaries, lists.</param>
    public static Task Json(HttpContext context, object? value) => Json(context, Text(value));

    /// <summary>Answers with JSON.</summary>
    /// <param name="context">The request.</param>
    /// <param name="json">The text.</param>
    public static Task Json(HttpContext context, string json)
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(json);
    }

    /// <summary>Answers with a line of text.</summary>
    /// <param name="context">The request.</param>
    /// <param name="status">What it means.</param>
    /// <param name="line">The line.</param>
    public static Task Line(HttpContext context, int status, string line)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync($"{line}\n");
    }

    /// <summary>The object that a request brings.</summary>
    /// <param name="context">The request.</param>
    /// <exception cref="UsageException">It brings none.</exception>
    public static async Task<JObject> Body(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var text = await reader.ReadToEndAsync(context.RequestAborted);
        try
        {
            using var json = new JsonTextReader(new StringReader(text)) { DateParseHandling = DateParseHandling.None, MaxDepth = 8 };
            return JObject.Load(json);
        }
        catch (JsonException error)
        {
            throw new UsageException("The request brings no JSON object.", error);
        }
    }
}
