namespace NetLab.Scenarios;

/// <summary>The way of a copy on one line.</summary>
internal static class WayText
{
    /// <summary>The way; where it leads through several nodes, each is named once as the frame comes into it.</summary>
    public static string Of(FrameCopy copy, string from)
    {
        var way = copy.Way;
        if (way.Select(place => place.Node).Distinct().Count() < 2)
        {
            return string.Join(" > ", copy.Path(from));
        }
        var names = way.Select((place, i) => i == 0 || way[i - 1].Node != place.Node ? $"{place.Node.Name}: {place.Name}" : place.Name).Prepend(from);
        return string.Join(" > ", (copy.Vm?.Name ?? copy.Node?.Name) is { } receiver ? names.Append(receiver) : names);
    }
}
