# SPDX-License-Identifier: GPL-2.0-only
"""Makes a repository with `make repo` and a test key, and serves it over loopback."""
import os
import re
import shutil
import subprocess
import tempfile

from scenario import vm

KEYS = ["ours", "another"]
# Packages built for the oldest suite work on all suites.
OLDEST = "bullseye"


class Repository:
    """
    scenario  provides the folder and the transcript
    kind      deb or rpm
    served    a copy of the repository that a test may corrupt
    url       the address of that copy
    """

    def __init__(self, scenario, kind):
        self.scenario = scenario
        self.kind = kind
        # Use a short path, because gpg creates sockets in it.
        self.gpg_home = tempfile.mkdtemp(prefix="devtrio-gpg-")
        os.environ["GNUPGHOME"] = self.gpg_home
        self.served = scenario.folder / "served"
        self.server = None

    def make(self):
        for name in KEYS:
            self.scenario.host(
                "gpg", "--batch", "--quiet", "--passphrase", "", "--quick-generate-key",
                f"devtrio test <{name}@example.invalid>", "rsa3072", "sign", "never")
        self.scenario.host("make", "-s", "repo", f"KEY={KEYS[0]}@example.invalid",
                           f"SUITE={OLDEST}")
        self.made = vm.TOP / "build/repo" / self.kind
        self.restore()
        self.serve()

    def restore(self):
        shutil.rmtree(self.served, ignore_errors=True)
        shutil.copytree(self.made, self.served)

    def public_key(self, name, path):
        """Copies our key from the repository, as users do, or exports another from gpg."""
        if name == KEYS[0]:
            shutil.copy(self.made / "devtrio.asc", path)
            return
        path.write_bytes(subprocess.run(
            ["gpg", "--batch", "--armor", "--export", f"{name}@example.invalid"],
            check=True, stdout=subprocess.PIPE).stdout)

    def sign(self, path, output):
        self.scenario.host("gpg", "--batch", "--yes", "--local-user",
                           f"{KEYS[0]}@example.invalid", "--armor", "--detach-sign",
                           "--output", output, path)

    def serve(self):
        self.server = subprocess.Popen(
            ["python3", "-u", "-m", "http.server", "--bind", "127.0.0.1",
             "--directory", self.served, "0"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        port = re.search(r"port (\d+)", self.server.stdout.readline())[1]
        self.url = f"http://127.0.0.1:{port}"

    def corrupt(self, pattern):
        """Changes a byte in the middle of each file."""
        paths = sorted(self.served.glob(pattern))
        self.scenario.check(paths, f"{pattern} exists and can be corrupted")
        for path in paths:
            content = bytearray(path.read_bytes())
            content[len(content) // 2] ^= 1
            path.write_bytes(content)

    def end(self):
        if self.server:
            self.server.kill()
            self.server.wait()
        subprocess.run(["gpgconf", "--kill", "all"], check=False)
        shutil.rmtree(self.gpg_home, ignore_errors=True)
        shutil.rmtree(self.served, ignore_errors=True)
