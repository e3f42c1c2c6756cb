namespace PrivateLibrary;

public static class Answer
{
    public static string FromVersion2 => "version 2";
}
