namespace Microsoft.ML.OnnxRuntime.Native;

/// <summary>What nearly every function of the C API returns: zero, or an error that the caller has to release.</summary>
internal static unsafe class Status
{
    internal static void Check(nint status)
    {
        if (status == 0)
        {
            return;
        }

        var code = (ErrorCode)OrtApi.GetErrorCode(status);
        var message = NativeText.Read(OrtApi.GetErrorMessage(status)).TrimEnd();
        OrtApi.ReleaseStatus(status);
        throw new OnnxRuntimeException(code, message);
    }
}
