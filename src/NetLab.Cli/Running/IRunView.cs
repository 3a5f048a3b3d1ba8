using NetLab.Scenarios;

namespace NetLab.Cli.Running;

/// <summary>Shows one run of a scenario.</summary>
internal interface IRunView
{
    /// <summary>The scenario is about to be built.</summary>
    void Begin();

    /// <summary>Something happened in it.</summary>
    void Show(ScenarioEvent happening);

    /// <summary>It failed, and left a bundle.</summary>
    void Left(FailureBundle bundle);

    /// <summary>It could not be built, or not be run to its end; the message goes to standard error.</summary>
    void Fail(Failure failure);
}
