using System.Collections.Concurrent;
using NetLab.Linux.Probe;
using NetLab.Testing;
using Xunit;
using Xunit.v3;

namespace NetLab.Xunit;

/// <summary>A lab test that runs, found by xunit's own context: what runs before a test is not always in the same flow of execution as the test.</summary>
internal sealed class Running
{
    private static readonly ConcurrentDictionary<string, Running> Tests = new();

    private readonly LabTest _test;
    private CancellationTokenRegistration _cancelled;
    private IReadOnlyList<FailureBundle>? _early;

    static Running() => LabTest.FindBy(
        static () => TestContext.Current.Test is { } test && Tests.TryGetValue(test.UniqueID, out var running) ? running._test : null);

    private Running(IXunitTest test)
    {
        Lab.ReserveThreads();
        var type = test.TestMethod.TestClass.Class;
        var space = type.Namespace is { Length: > 0 } ns ? ns + "." : "";
        var name = test.TestDisplayName.StartsWith(space, StringComparison.Ordinal) ? test.TestDisplayName[space.Length..] : test.TestDisplayName;
        _test = new LabTest(name, RerunOf(type, test.TestMethod.MethodName), type.FullName);
    }

    /// <summary>Where the test that runs here writes.</summary>
    public static ITestOutputHelper Output =>
        TestContext.Current.TestOutputHelper ?? throw new InvalidOperationException("No test runs here, so there is no output to write to.");

    /// <summary>Begins the test that runs here, unless it has begun: a class's constructor runs before its test does. Nothing where no lab test runs.</summary>
    public static void Begin()
    {
        if (TestContext.Current.Test is IXunitTest test && test.TestMethod.FactAttributes.Any(f => f is LabFactAttribute or LabTheoryAttribute))
        {
            Begin(test);
        }
    }

    /// <summary>The test's method is about to run.</summary>
    public static void Start(IReadOnlyList<Feature> needs, IXunitTest test)
    {
        if (Requirement.Of(needs).Failure is { } failure)
        {
            throw failure;
        }

        var running = Begin(test);
        // A test that runs out of time is given up as a whole, and nothing is called after it; but this is, while its labs are there and its output is open.
        running._cancelled = TestContext.Current.CancellationToken.Register(
            () => running._early = running.Tell("xunit cancelled the test: its Timeout is over, or the run was ended."));
    }

    /// <summary>The test's method has run, and its class is not yet disposed: the labs of a base class are still there.</summary>
    public static void End(IXunitTest test)
    {
        if (!Tests.TryRemove(test.UniqueID, out var running))
        {
            return;
        }

        running._cancelled.Dispose();
        var state = TestContext.Current.TestState;
        if (state?.Result is TestResult.Failed)
        {
            if (running._early is null)
            {
                var what = (state.ExceptionTypes ?? []).Zip(state.ExceptionMessages ?? [], (type, text) => $"{type}: {text}");
                running.Tell(string.Join(Environment.NewLine, what.Concat(state.ExceptionStackTraces ?? [])));
            }

            return;
        }

        // xunit makes a skip of a missing feature, unless something else fails as well.
        var insisted = state?.Result is TestResult.Skipped ? running._test.Insisted : null;
        running._test.Pass();
        foreach (var bundle in running._early ?? [])
        {
            bundle.Delete();
        }

        if (insisted is not null)
        {
            throw new InvalidOperationException($"{Requirement.Variable} insists on what is missing here.");
        }
    }

    private static Running Begin(IXunitTest test) => Tests.GetOrAdd(test.UniqueID, _ => new Running(test));

    // Adds what the labs know to the failure's text, which is still to come, and attaches the files of the bundles.
    private IReadOnlyList<FailureBundle> Tell(string failure)
    {
        // xunit waits for nothing here.
        var told = Task.Run(() => _test.FailAsync(failure)).GetAwaiter().GetResult();
        var bundles = told.Bundles;
        if (TestContext.Current.Test is { } test)
        {
            TellingBus.Add(test.UniqueID, told.Text);
        }

        foreach (var bundle in bundles)
        {
            Attach(bundle, bundles.Count > 1 ? Path.GetFileName(bundle.Path) + "/" : "");
        }

        return bundles;
    }

    // Which of the two runners a test project has is seen by what lies beside it.
    private static string RerunOf(Type type, string method)
    {
        var project = Rerun.ProjectOf(type.Assembly.GetName().Name!);
        return File.Exists(Path.Combine(AppContext.BaseDirectory, "Microsoft.Testing.Platform.dll"))
            ? $"dotnet test --project {project} --filter-method {type.FullName}.{method}"
            : $"dotnet test {project} --filter FullyQualifiedName={type.FullName}.{method}";
    }

    private static void Attach(FailureBundle bundle, string prefix)
    {
        foreach (var file in Directory.EnumerateFiles(bundle.Path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            TestContext.Current.AddAttachment(prefix + Path.GetRelativePath(bundle.Path, file), File.ReadAllBytes(file), MediaTypeOf(file));
        }
    }

    private static string MediaTypeOf(string file) => Path.GetExtension(file) switch
    {
        ".json" => "application/json",
        ".svg" => "image/svg+xml",
        ".pcapng" => "application/vnd.tcpdump.pcap",
        _ => "text/plain",
    };
}
