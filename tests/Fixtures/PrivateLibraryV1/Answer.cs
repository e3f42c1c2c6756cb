namespace PrivateLibrary;

public static class Answer
{
    public static string FromVersion1 => "version 1";
}

public class Base
{
}
