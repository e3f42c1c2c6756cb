// What is tested runs in processes of their own and often waits for them: two classes of tests at a time. Those that build or pack share the build's folders and run alone.
[assembly: Parallelizable(ParallelScope.Fixtures)]
[assembly: LevelOfParallelism(2)]
