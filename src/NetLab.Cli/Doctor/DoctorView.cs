using NetLab.Linux.Probe;

namespace NetLab.Cli.Doctor;

/// <summary>A report as lines of text: a feature a line, and below what is missing its remedy.</summary>
internal static class DoctorView
{
    public static void Write(DoctorReport report, Page page)
    {
        page.Line($"[bold]NetLab {Page.Styled(report.Version, null)}[/] on {Page.Styled($"{report.Kernel}, {report.Runtime}, as {report.User}", null)}");
        var names = report.Features.Select(f => f.Name.Length).DefaultIfEmpty(0).Max();
        foreach ((var title, var features) in report.Sections.Where(s => s.Features.Count > 0))
        {
            page.Gap();
            page.Line($"[bold]{title}[/]");
            foreach (var feature in features)
            {
                Write(feature, names, page);
            }
        }

        page.Gap();
        var there = report.Features.Count(f => f.Available);
        page.Line($"{there} of {report.Features.Count} features are there.");
        Answer(page, report.CanRun, "labs of namespaces, veth pairs and bridges");
        Answer(page, report.CanRunVms, "taps and fake VMs");
        Answer(page, report.CanRunPrograms, "programs in nodes");
        Answer(page, report.CanRunOpenVSwitch, "Open vSwitch bridges");
        if (report.OnAnotherKernel is { } command)
        {
            page.Line($"What this kernel lacks, Debian's has: {Page.Styled($"{command} doctor", "bold")}, and any other command " +
                $"or {Page.Styled($"{command} test", "bold")}, in a virtual machine over this machine's files");
        }
    }

    private static void Write(FeatureState feature, int names, Page page)
    {
        var isNeeded = DoctorReport.NeedOf(feature.Feature) != "optional";
        var mark = feature.Available ? "[green]✓[/]" : isNeeded ? "[red]✗[/]" : "[yellow]–[/]";
        page.Line($"  {mark} {Page.Styled(feature.Name.PadRight(names), null)}  {Page.Styled(feature.Evidence, "grey")}");
        if (!feature.Available)
        {
            string[] advice = [.. new[] { feature.KernelOption is null ? null : $"Kernel option {feature.KernelOption}", feature.Remedy }.OfType<string>()];
            page.Item(6, string.Join(". ", advice), isNeeded ? "red" : "yellow");
        }
    }

    private static void Answer(Page page, bool can, string what) =>
        page.Line(can ? $"  [green]✓[/] {what} can run here" : $"  [red]✗[/] {what} cannot run here");
}
