# SPDX-License-Identifier: GPL-2.0-only
"""What `make repo` makes, with a key for the test, served over loopback."""
import os
import re
import shutil
import subprocess
import tempfile

from scenario import vm

KEYS = ["ours", "another"]
# One repository serves all of Debian.
OLDEST = "bullseye"


class Repository:
    """
    scenario: whose folder and transcript it is for
    kind      deb or rpm
    served    a copy of the repository, which may be spoiled
    url       where that is served
    """

    def __init__(self, scenario, kind):
        self.scenario = scenario
        self.kind = kind
        # Short: sockets are in there.
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
        """Ours, as users take it from the repository; of another, gpg's."""
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

    def spoil(self, pattern):
        """A byte in the middle of the files is another one."""
        paths = sorted(self.served.glob(pattern))
        self.scenario.check(paths, f"there is {pattern}, to be spoiled")
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
