namespace NetLab.Linux.Tests.Syscalls;

public sealed class LinuxExceptionTests
{
    [Fact]
    public void The_message_says_what_was_done_and_what_the_kernel_answered()
    {
        var exception = new LinuxException("create link \"eth0\"", Errno.EEXIST);
        Assert.Equal("create link \"eth0\": EEXIST (File exists)", exception.Message);
        Assert.Equal("EEXIST", exception.ErrnoName);
    }

    [Fact]
    public void The_message_carries_the_kernels_words_and_what_to_try()
    {
        var exception = new LinuxException("enslave", Errno.EINVAL, "Device is loopback", "Choose another device");
        Assert.Equal("enslave: EINVAL (Invalid argument); the kernel says: Device is loopback. Choose another device", exception.Message);
    }

    [Fact]
    public void A_lack_of_privilege_says_which_one() =>
        Assert.Contains("NET_ADMIN", new LinuxException("x", Errno.EPERM).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(1, "EPERM")]
    [InlineData(95, "EOPNOTSUPP")]
    [InlineData(524, "ENOTSUPP")]
    [InlineData(4711, "errno 4711")]
    public void Every_number_has_a_name(int number, string name) => Assert.Equal(name, Errno.Name(number));
}
