#!/usr/bin/env python3
"""Runs the commands of a file of captures (iproute2-6.1.txt) under strace, each in a network namespace of its own, and writes
what they sent below them. Needs root, strace and iproute2. Usage: capture.py FILE"""
import os
import re
import struct
import subprocess
import sys
import tempfile

SETUP = """
ip link set lo up
ip link add e0 index 2 type veth peer name e1 index 3
ip link add br0 index 4 type bridge
ip link set e0 up master br0
ip link set e1 up
ip link set br0 up
ip addr add 192.0.2.1/24 dev e1
exec """
NLM_F_ACK = 4
FAMILY_GET = 2  # rtnetlink: NEW, DEL, GET, SET


def capture(command):
    with tempfile.TemporaryDirectory() as directory:
        log = os.path.join(directory, "strace")
        subprocess.run(
            ["unshare", "-n", "sh", "-c", SETUP + f"strace -qq -e trace=sendmsg,sendto -e write=all -o {log} {command}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        datagrams = []
        for line in open(log):
            dump = re.match(r" ?\| ([0-9a-f]{5})  (.{49})", line)
            if dump:
                if dump[1] == "00000":
                    datagrams.append(bytearray())
                datagrams[-1] += bytes.fromhex(dump[2].replace(" ", ""))
    for datagram in datagrams:
        while len(datagram) >= 16:
            length, kind, flags = struct.unpack_from("<IHH", datagram)
            probe = kind == 16 and length == 32  # iproute2 asks whether the kernel checks strictly
            if (kind - 16) % 4 != FAMILY_GET and length >= 16 and not probe:
                message = bytearray(datagram[:length])
                struct.pack_into("<HI", message, 6, flags & ~NLM_F_ACK, 0)
                yield message.hex()
            datagram = datagram[(length + 3) & ~3:]


def main(path):
    lines = []
    for line in open(path):
        line = line.rstrip("\n")
        if re.fullmatch("[0-9a-f]{32,}", line):
            continue
        lines.append(line)
        if re.match("(ip|bridge|tc) ", line):
            messages = list(capture(line))
            if not messages:
                print("nothing was sent by:", line, file=sys.stderr)
            lines += messages
    with open(path, "w") as out:
        out.write("\n".join(lines) + "\n")


main(sys.argv[1])
