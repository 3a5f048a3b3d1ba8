namespace NetLab.Testing;

/// <summary>Tells a test's output about its lab, line by line.</summary>
/// <example><code>LabLog.WriteDrawing(lab, output.WriteLine);</code></example>
public static class LabLog
{
    private const int MostFrames = 20;

    /// <summary>Draws the lab.</summary>
    /// <param name="lab">The lab, applied or not.</param>
    /// <param name="writeLine">Where the test writes.</param>
    public static void WriteDrawing(Lab lab, Action<string> writeLine)
    {
        ArgumentNullException.ThrowIfNull(writeLine);
        writeLine(LabDrawing.Text(lab));
    }

    /// <summary>Writes what the lab's programs wrote and what its VMs received.</summary>
    /// <param name="lab">The lab, not yet disposed.</param>
    /// <param name="writeLine">Where the test writes.</param>
    public static void WriteHappenings(Lab lab, Action<string> writeLine)
    {
        ArgumentNullException.ThrowIfNull(lab);
        ArgumentNullException.ThrowIfNull(writeLine);
        foreach (var process in lab.Nodes.SelectMany(n => n.Processes))
        {
            writeLine($"{process}{(process.Exited.IsCompletedSuccessfully ? $"   (exit code {process.Exited.Result})" : "   (still running)")}");
            Write(writeLine, process.Output);
            Write(writeLine, process.Error);
        }

        foreach (var vm in lab.Vms.Where(vm => vm.Received.Count > 0))
        {
            var hidden = Math.Max(0, vm.Received.Count - MostFrames);
            writeLine($"{vm.Name} received{(hidden > 0 ? $" {vm.Received.Count} frames, at last" : "")}:");
            Write(writeLine, string.Join('\n', vm.Received.Skip(hidden).Select(r => r.ToString())));
        }
    }

    private static void Write(Action<string> writeLine, string text)
    {
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            writeLine("  " + line.TrimEnd('\r'));
        }
    }
}
