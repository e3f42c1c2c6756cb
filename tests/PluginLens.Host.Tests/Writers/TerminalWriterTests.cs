namespace PluginLens.Host.Tests;

public sealed class TerminalWriterTests
{
    [Test]
    public void Write_WhatCommandsATerminal_IsSpelledOut()
    {
        using var inner = new StringWriter { NewLine = "\n" };
        using var writer = new TerminalWriter(inner);
        writer.Write("\u001b[2J\u009b2J\b\u007f");
        writer.Write('\u202e');
        writer.Write("\r".ToCharArray(), 0, 1);
        writer.Write("\u2028".AsSpan());
        writer.WriteLine(" name \u2067שלום\u2069 é 漢字 😀\ttab\nline");

        Assert.That(inner.ToString(), Is.EqualTo("\\u{1B}[2J\\u{9B}2J\\u{08}\\u{7F}\\u{202E}\\u{0D}\\u{2028} name \u2067שלום\u2069 é 漢字 😀\ttab\nline\n"));
    }

    [Test]
    public void SpelledJson_IsTheSameJson()
    {
        var json = "{\n  \"a\": \"\u009b\u202e é\"\n}";

        Assert.That(TerminalWriter.SpelledJson(json), Is.EqualTo("{\n  \"a\": \"\\u009b\\u202e é\"\n}"));
    }
}
