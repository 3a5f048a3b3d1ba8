namespace NetLab.Scenarios;

/// <summary>Every kind of step. A new one is a file in this folder and a line here.</summary>
internal static class Steps
{
    public static readonly IReadOnlyList<StepKind> All =
    [
        PredictStep.Kind,
        PingStep.Kind,
        ConnectStep.Kind,
        AnnounceStep.Kind,
        DhcpStep.Kind,
        SendStep.Kind,
        ExpectStep.Kind,
        SetStep.Kind,
        ReceivedStep.Kind,
        ExecStep.Kind,
        StartStep.Kind,
        StopStep.Kind,
        BootStep.Kind,
        FlowsStep.Kind,
        PlugStep.Kind,
        BindStep.Kind,
        UnplugStep.Kind,
        StateStep.Kind,
        WaitForStep.Kind,
        ClaimStep.Kind,
        TaskStep.Kind,
    ];
}
