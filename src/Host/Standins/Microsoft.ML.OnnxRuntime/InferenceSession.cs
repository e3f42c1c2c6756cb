using Microsoft.ML.OnnxRuntime.Native;

namespace Microsoft.ML.OnnxRuntime;

/// <summary>A model ready to run. Several threads may run it at the same time.</summary>
public unsafe class InferenceSession : IDisposable
{
    private readonly SessionHandle handle;
    private readonly string[] inputNames;
    private readonly string[] outputNames;
    private readonly Lazy<IReadOnlyDictionary<string, NodeMetadata>> inputs;
    private readonly Lazy<IReadOnlyDictionary<string, NodeMetadata>> outputs;

    /// <summary>Opens a model file with the default options.</summary>
    public InferenceSession(string modelPath)
        : this(modelPath, new SessionOptions())
    {
    }

    /// <summary>Opens a model file.</summary>
    public InferenceSession(string modelPath, SessionOptions options)
        : this(Open(options, NativeText.WritePath(modelPath), isPath: true))
    {
    }

    /// <summary>Opens the bytes of a model file with the default options.</summary>
    public InferenceSession(byte[] model)
        : this(model, new SessionOptions())
    {
    }

    /// <summary>Opens the bytes of a model file; they are not needed afterwards.</summary>
    public InferenceSession(byte[] model, SessionOptions options)
        : this(Open(options, NotNull(model), isPath: false))
    {
    }

    private InferenceSession(SessionHandle handle)
    {
        this.handle = handle;
        inputNames = ReadNames(OrtApi.SessionGetInputCount, OrtApi.SessionGetInputName);
        outputNames = ReadNames(OrtApi.SessionGetOutputCount, OrtApi.SessionGetOutputName);
        inputs = new(() => ReadMetadata(inputNames, OrtApi.SessionGetInputTypeInfo));
        outputs = new(() => ReadMetadata(outputNames, OrtApi.SessionGetOutputTypeInfo));
    }

    /// <summary>The inputs, in the model's order.</summary>
    public IReadOnlyList<string> InputNames => inputNames;

    /// <summary>The outputs, in the model's order.</summary>
    public IReadOnlyList<string> OutputNames => outputNames;

    /// <summary>What the model declares about each input.</summary>
    public IReadOnlyDictionary<string, NodeMetadata> InputMetadata => inputs.Value;

    /// <summary>What the model declares about each output.</summary>
    public IReadOnlyDictionary<string, NodeMetadata> OutputMetadata => outputs.Value;

    /// <summary>Runs the model and gives back new values for the outputs asked for, in that order.</summary>
    public IDisposableReadOnlyCollection<OrtValue> Run(
        RunOptions runOptions, IReadOnlyCollection<string> inputNames, IReadOnlyCollection<OrtValue> inputValues, IReadOnlyCollection<string> outputNames)
    {
        ArgumentNullException.ThrowIfNull(outputNames);
        var values = new nint[outputNames.Count];
        RunInto(runOptions, inputNames, inputValues, outputNames, values);
        return new Results(Array.ConvertAll(values, value => new OrtValue(new ValueHandle(value))));
    }

    /// <summary>Runs the model and gives back new values for the outputs asked for, in that order.</summary>
    public IDisposableReadOnlyCollection<OrtValue> Run(
        RunOptions runOptions, IReadOnlyDictionary<string, OrtValue> inputs, IReadOnlyCollection<string> outputNames)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        var pairs = inputs.ToArray();
        return Run(runOptions, Array.ConvertAll(pairs, pair => pair.Key), Array.ConvertAll(pairs, pair => pair.Value), outputNames);
    }

    /// <summary>Runs the model and writes the outputs into values that the caller made, of the right type and shape.</summary>
    public void Run(
        RunOptions runOptions,
        IReadOnlyCollection<string> inputNames,
        IReadOnlyCollection<OrtValue> inputValues,
        IReadOnlyCollection<string> outputNames,
        IReadOnlyCollection<OrtValue> outputValues)
    {
        ArgumentNullException.ThrowIfNull(outputNames);
        ArgumentNullException.ThrowIfNull(outputValues);
        SameCount("output", outputNames.Count, outputValues.Count);
        using var values = new Leases(outputValues.Select(value => value.Handle));
        RunInto(runOptions, inputNames, inputValues, outputNames, values.Pointers);
    }

    /// <summary>Releases the native session, and with it the initializers that only it needed.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases the native session.</summary>
    /// <param name="disposing">True when called by <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing) => handle.Dispose();

    private static SessionHandle Open(SessionOptions options, byte[] source, bool isPath)
    {
        ArgumentNullException.ThrowIfNull(options);
        var kept = new Leases([OrtEnv.Instance(), .. options.Initializers.Select(value => value.Handle)]);
        try
        {
            using var lease = new Lease(options);
            var environment = kept.Pointers[0];
            nint session;
            fixed (byte* bytes = source)
            {
                Status.Check(isPath
                    ? OrtApi.CreateSession(environment, bytes, lease.Pointer, &session)
                    : OrtApi.CreateSessionFromArray(environment, bytes, (nuint)source.Length, lease.Pointer, &session));
            }

            return new SessionHandle(session, kept);
        }
        catch
        {
            kept.Dispose();
            throw;
        }
    }

    private static byte[] NotNull(byte[] model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model;
    }

    private static void SameCount(string what, int names, int values)
    {
        if (names != values)
        {
            throw new ArgumentException($"Expected one value for each {what} name; found {names} names and {values} values.");
        }
    }

    private void RunInto(
        RunOptions options, IReadOnlyCollection<string> inputNames, IReadOnlyCollection<OrtValue> inputValues, IReadOnlyCollection<string> outputNames, nint[] results)
    {
        ArgumentNullException.ThrowIfNull(inputNames);
        ArgumentNullException.ThrowIfNull(inputValues);
        SameCount("input", inputNames.Count, inputValues.Count);
        using var session = new Lease(handle);
        using var run = new Lease(options);
        using var values = new Leases(inputValues.Select(value => value.Handle));
        using var ins = new Names(inputNames);
        using var outs = new Names(outputNames);
        fixed (nint* ins0 = ins.Pointers, outs0 = outs.Pointers, values0 = values.Pointers, results0 = results)
        {
            Status.Check(OrtApi.Run(
                session.Pointer, run.Pointer, (byte**)ins0, values0, (nuint)ins.Pointers.Length, (byte**)outs0, (nuint)outs.Pointers.Length, results0));
        }
    }

    private string[] ReadNames(delegate* unmanaged<nint, nuint*, nint> getCount, delegate* unmanaged<nint, nuint, nint, byte**, nint> getName)
    {
        using var session = new Lease(handle);
        using var allocator = new Lease(OrtAllocator.DefaultInstance);
        nuint count;
        Status.Check(getCount(session.Pointer, &count));
        var names = new string[(int)count];
        for (var i = 0; i < names.Length; i++)
        {
            byte* name;
            Status.Check(getName(session.Pointer, (nuint)i, allocator.Pointer, &name));
            names[i] = NativeText.Read(name);
            Status.Check(OrtApi.AllocatorFree(allocator.Pointer, name));
        }

        return names;
    }

    private Dictionary<string, NodeMetadata> ReadMetadata(string[] names, delegate* unmanaged<nint, nuint, nint*, nint> getTypeInfo)
    {
        using var session = new Lease(handle);
        var metadata = new Dictionary<string, NodeMetadata>(names.Length);
        for (var i = 0; i < names.Length; i++)
        {
            nint info;
            Status.Check(getTypeInfo(session.Pointer, (nuint)i, &info));
            metadata.Add(names[i], new NodeMetadata(info));
        }

        return metadata;
    }
}
