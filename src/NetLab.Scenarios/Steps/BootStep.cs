using NetLab.Linux.Processes;
using NetLab.Packets;

namespace NetLab.Scenarios;

/// <summary><c>boot: { device: 'host:tap0', address: 10.0.0.2/24 }</c>: QEMU boots a small Linux whose network card is a tap.</summary>
internal sealed class BootStep : Step
{
    private const string Qemu = "qemu-system-x86_64", Busybox = "busybox", IsUp = "netlab: eth0 is up";

    // Emulated, on a busy machine.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    // The whole guest: busybox, the modules, and this as its first program. $1 its address, $2 busybox, then the modules. /run is the node's own.
    private const string Pack = $"""
        mkdir -p /run/guest/bin /run/guest/proc /run/guest/sys /run/guest/dev /run/guest/modules
        cd /run/guest
        cp "$2" bin/busybox
        cat >init <<END
        #!/bin/busybox sh
        /bin/busybox mount -t proc proc /proc
        /bin/busybox mount -t sysfs sys /sys
        /bin/busybox mount -t devtmpfs dev /dev
        exec >/dev/ttyS0 2>&1 </dev/null
        for module in /modules/*; do
          case \$module in *.xz) /bin/busybox xzcat "\$module" >/module; module=/module ;; *.gz) /bin/busybox zcat "\$module" >/module; module=/module ;; esac
          /bin/busybox insmod "\$module"
        done
        /bin/busybox ip link set lo up
        /bin/busybox ip address add $1 dev eth0
        /bin/busybox ip link set eth0 up
        until [ "\$(/bin/busybox cat /sys/class/net/eth0/carrier)" = 1 ]; do /bin/busybox sleep 0.1; done
        echo "{IsUp}"
        while :; do /bin/busybox sleep 3600; done
        END
        chmod +x init
        shift 2
        number=100
        for module; do cp "$module" "modules/$number-$(basename "$module")"; number=$((number + 1)); done
        find . | busybox cpio -o -H newc >/run/guest.cpio
        """;

    public static readonly StepKind Kind = new StepKind<BootStep>("boot").Of(
        "Boot a real guest by QEMU, emulated: a Linux with busybox, whose eth0 is a tap of a node that nobody holds. Skipped, with the reason, where the "
        + "machine has no QEMU, no static busybox or no kernel for it.",
        new ObjectShape<BootStep>("boot", "a guest to boot")
        .With("device", "The tap, node:device.", Scalars.Device, (boot, value) => boot.Device = value, required: true)
        .With("address", "The guest's address with the prefix length.", Scalars.HostAddress, (boot, value) => boot.Address = value.Value, required: true)
        .With("mac", "Its MAC address; 52:54:00:12:34:56 when absent.", Scalars.Mac, (boot, value) => boot.Mac = value.Value)
        .With("as", "What 'stop' calls it; 'guest' when absent.", Scalars.Name, (boot, value) => boot.As = value.Value));

    private Located<DevicePlace> Device { get; set; }

    private InterfaceAddress Address { get; set; }

    private MacAddress Mac { get; set; } = MacAddress.Parse("52:54:00:12:34:56");

    private string As { get; set; } = "guest";

    public override string Title => $"QEMU boots a guest on {Device.Value}";

    public override bool IsChange => true;

    public override void Check(StepCheck check)
    {
        check.Device(Device);
        if (!check.Started.Add(As))
        {
            check.Report(At, $"there is a program '{As}' already", "give this one a name: as");
        }
    }

    public override async Task ActAsync(Stage stage, StepFindings findings, CancellationToken ct)
    {
        var (qemu, busybox) = (PathOf(Qemu), PathOf(Busybox) is { } found && IsStatic(found) ? found : null);
        var kernel = GuestKernel.Find();
        if (qemu is null || busybox is null || kernel is null)
        {
            throw new StepSkip(qemu is null ? $"this machine has no {Qemu} (package qemu-system-x86)"
                : busybox is null ? "this machine has no static busybox (package busybox-static)"
                : $"this machine has no kernel for a guest, with a driver for the card {GuestKernel.Card}; 'docker/netlab --vm 6.12 doctor' fetches one");
        }
        var device = stage.Device(Device.Value);
        var node = device.Node;
        (await node.ExecAsync("sh", ["-ec", Pack, "sh", Address.ToString(), busybox, .. kernel.Modules], ct).ConfigureAwait(false)).EnsureSuccess();
        var process = node.Start(qemu,
        [
            "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-accel", "tcg", "-m", "256", "-kernel", kernel.Image,
            "-initrd", "/run/guest.cpio", "-append", "console=ttyS0 quiet panic=-1 cryptomgr.notests", "-serial", "stdio",
            "-netdev", $"tap,id=net,ifname={device.Name},script=no,downscript=no", "-device", $"{GuestKernel.Card},netdev=net,mac={Mac}",
        ]);
        stage.Programs[As] = process;
        await process.WaitForLineAsync(line => line.Contains(IsUp, StringComparison.Ordinal), Patience, ct).ConfigureAwait(false);
        await LinkWatch.RunAfterChangeAsync(node, ct).ConfigureAwait(false);
        findings.Seen.Add($"{Path.GetFileName(qemu)} booted {kernel.Image}; the guest has {Address}, {Mac}");
    }

    private static string? PathOf(string program) => ProgramPath.Find(program, Environment.GetEnvironmentVariable("PATH"));

    // A program that needs libraries names their loader near its beginning (elf(5), PT_INTERP): /lib64/ld-linux-x86-64.so.2, /lib/ld-musl-x86_64.so.1.
    private static bool IsStatic(string program)
    {
        using var file = File.OpenRead(program);
        var beginning = new byte[4096];
        return beginning.AsSpan(0, file.ReadAtLeast(beginning, beginning.Length, throwOnEndOfStream: false)).IndexOf("/ld-"u8) < 0;
    }
}
