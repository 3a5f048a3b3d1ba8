namespace NetLab.Scenarios.Tests;

public sealed class Any_text
{
    /// <summary>Whatever a hand or an editor makes of a good file, it is read or refused with lines and columns; nothing else is thrown.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_mangled_file_is_read_or_refused_in_order(int seed)
    {
        var random = new Random(seed);
        var good = File.ReadAllText(Path.Combine(Files.Scenarios, "openstack", "hybrid-plug.yaml"));
        for (var round = 0; round < 400; round++)
        {
            var text = Mangle(good, random);
            try
            {
                ScenarioDocument.Parse(text, "mangled.yaml");
            }
            catch (ScenarioException refusal)
            {
                Assert.NotEmpty(refusal.Diagnostics);
            }
            catch (Exception other)
            {
                Assert.Fail($"seed {seed}, round {round}: {other}\n{text}");
            }
        }
    }

    [Fact]
    public void A_file_of_brackets_is_refused_and_not_followed_to_the_end() =>
        Assert.Throws<ScenarioException>(() => ScenarioDocument.Parse("name: " + new string('[', 100_000)));

    private static string Mangle(string text, Random random)
    {
        const string pieces = "\t[]{}:,-#&*!|>'\"%@`? \n09azé";
        var mangled = new System.Text.StringBuilder(text);
        for (var edits = random.Next(1, 6); edits > 0; edits--)
        {
            var at = random.Next(mangled.Length);
            switch (random.Next(4))
            {
                case 0: mangled[at] = pieces[random.Next(pieces.Length)]; break;
                case 1: mangled.Insert(at, pieces[random.Next(pieces.Length)]); break;
                case 2: mangled.Remove(at, Math.Min(random.Next(1, 20), mangled.Length - at)); break;
                default: mangled.Length = at; mangled.Append('\n'); break;
            }
        }
        return mangled.ToString();
    }
}
