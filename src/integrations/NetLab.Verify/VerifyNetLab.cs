using VerifyTests;

namespace NetLab;

/// <summary>
/// Lets Verify take fates, states, pings and labs: <c>await Verify(fate)</c>.
/// What differs from run to run is replaced (<see cref="StableText"/>). For Verify.Xunit 31.12.5, the last for xunit 2.
/// </summary>
public static class VerifyNetLab
{
    private static int _isInitialized;

    /// <summary>Call it once before the first snapshot: <c>[ModuleInitializer] internal static void Initialize() => VerifyNetLab.Initialize();</c></summary>
    public static void Initialize()
    {
        if (Interlocked.Exchange(ref _isInitialized, 1) == 1)
        {
            return;
        }

        InnerVerifier.ThrowIfVerifyHasBeenRun();
        VerifierSettings.AddScrubber(StableText.Scrub);
        VerifierSettings.RegisterFileConverter<Fate>((fate, _) => Text(fate.ToString()));
        VerifierSettings.RegisterFileConverter<PingResult>((ping, _) => Text(ping.ToString()));
        VerifierSettings.RegisterFileConverter<NodeState>((state, _) => Text(state.ToString()));
        VerifierSettings.RegisterFileConverter<Lab>((lab, _) => Text(LabDrawing.Text(lab)));
    }

    private static ConversionResult Text(string text) => new(info: null, [new Target("txt", text)]);
}
