namespace PluginLens.Models.Sessions;

/// <summary>Sessions that were used last, by what they compute. One that a pass still uses is closed when that pass ends.</summary>
/// <param name="capacity">Sessions kept open.</param>
internal sealed class SessionCache(int capacity) : IDisposable
{
    private readonly object _lock = new();
    private readonly LinkedList<Entry> _entries = [];
    private int _passes;
    private bool _isClosed;

    /// <summary>A pass on the session of a key.</summary>
    /// <param name="key">What it computes.</param>
    /// <param name="make">Makes the session where none is at hand.</param>
    /// <param name="pass">The pass; may run beside others.</param>
    public void Use(string key, Func<SliceSession> make, Action<SliceSession> pass)
    {
        var entry = Enter(key, make);
        try
        {
            pass(entry.Session);
        }
        finally
        {
            Leave(entry);
        }
    }

    /// <summary>Waits for passes that run, then closes every session.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _isClosed = true;
            while (_passes > 0)
            {
                Monitor.Wait(_lock);
            }

            foreach (var entry in _entries)
            {
                entry.Session.Dispose();
            }

            _entries.Clear();
        }
    }

    private Entry Enter(string key, Func<SliceSession> make)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isClosed, typeof(Model));
            var entry = _entries.FirstOrDefault(entry => entry.Key == key);
            if (entry is null)
            {
                entry = new Entry(key, make());
            }
            else
            {
                _entries.Remove(entry);
            }

            _entries.AddFirst(entry);
            entry.Users++;
            _passes++;
            if (_entries.Count > capacity)
            {
                Retire(_entries.Last!.Value);
            }

            return entry;
        }
    }

    private void Retire(Entry entry)
    {
        _entries.Remove(entry);
        entry.IsRetired = true;
        if (entry.Users == 0)
        {
            entry.Session.Dispose();
        }
    }

    private void Leave(Entry entry)
    {
        lock (_lock)
        {
            _passes--;
            if (--entry.Users == 0 && entry.IsRetired)
            {
                entry.Session.Dispose();
            }

            Monitor.PulseAll(_lock);
        }
    }

    private sealed class Entry(string key, SliceSession session)
    {
        public string Key => key;

        public SliceSession Session => session;

        public int Users { get; set; }

        public bool IsRetired { get; set; }
    }
}
