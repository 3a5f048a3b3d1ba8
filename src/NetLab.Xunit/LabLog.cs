using Xunit.Abstractions;

namespace NetLab.Xunit;

/// <summary>Tells a test's output about its lab.</summary>
public static class LabLog
{
    private const int MostFrames = 20;

    /// <summary>Draws the lab.</summary>
    public static void WriteDrawing(Lab lab, ITestOutputHelper output)
    {
        ArgumentNullException.ThrowIfNull(output);
        output.WriteLine(LabDrawing.Text(lab));
    }

    /// <summary>Writes what the lab's programs wrote and what its VMs received.</summary>
    public static void WriteHappenings(Lab lab, ITestOutputHelper output)
    {
        ArgumentNullException.ThrowIfNull(lab);
        ArgumentNullException.ThrowIfNull(output);
        foreach (NodeProcess process in lab.Nodes.SelectMany(n => n.Processes))
        {
            output.WriteLine($"{process}{(process.Exited.IsCompletedSuccessfully ? $"   (exit code {process.Exited.Result})" : "   (still running)")}");
            Write(output, process.Output);
            Write(output, process.Error);
        }

        foreach (FakeVm vm in lab.Vms.Where(vm => vm.Received.Count > 0))
        {
            int hidden = Math.Max(0, vm.Received.Count - MostFrames);
            output.WriteLine($"{vm.Name} received{(hidden > 0 ? $" {vm.Received.Count} frames, at last" : "")}:");
            Write(output, string.Join('\n', vm.Received.Skip(hidden).Select(r => r.ToString())));
        }
    }

    private static void Write(ITestOutputHelper output, string text)
    {
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            output.WriteLine("  " + line.TrimEnd('\r'));
        }
    }
}
