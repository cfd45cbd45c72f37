# SPDX-License-Identifier: GPL-2.0-only
"""Builds packages with `make kmod`, signed with a test key."""
import re
import shutil
import struct

from machine import MODULES
from scenario import vm

MAGIC = b"~Module signature appended~\n"
SIGNER = "devtrio test key"

KEY = """
set -e
cd {folder}
openssl req -new -x509 -newkey rsa:2048 -nodes -days 3650 -subj '/CN={signer}/' \
    -keyout key.pem -out cert.pem 2>/dev/null
openssl x509 -in cert.pem -outform DER -out cert.der
"""
# Build with another path, time, time zone, language, home and umask. The user stays the
# same, because in-root maps an ordinary one to root.
AGAIN = """
set -e
rm -rf {copy}
mkdir {copy}
tar -c --exclude=./build --exclude=./.git . | tar -x -C {copy}
cd {copy}
umask 077
env -i PATH="$PATH" HOME=/nonexistent USER=someone LC_ALL=C.UTF-8 \
    TZ=Pacific/Kiritimati NO_FAKE_STAT=1 faketime -f +400d {command}
"""


class Kmods:
    """Runs `make kmod` for kernels whose headers a root has.

    scenario: provides the folder and the transcript
    """

    def __init__(self, scenario, root):
        self.scenario, self.root = scenario, root
        self.folder = scenario.folder
        # Outside build/kmod, where `make repo` would find them.
        self.out = self.folder / "kmod"
        scenario.host("sh", "-c", KEY.format(folder=self.folder, signer=SIGNER))

    def command(self, kernel, out):
        return ["make", "-s", "kmod", f"KVER={kernel}", f"ROOT={self.root}",
                f"OUT={out}", f"KEY={self.folder}/key.pem",
                f"CERT={self.folder}/cert.pem"]

    def make(self, kernel):
        """Builds and returns the packages for the kernel."""
        return [vm.Path(path) for path in
                self.scenario.host(*self.command(kernel, self.out))[-2:]]

    def publish_deb(self, kernel):
        """Builds the packages for the kernel and adds the .deb to an apt repository;
        returns all packages, and the .deb."""
        packages = self.make(kernel)
        folder = self.scenario.share / "kmod"
        folder.mkdir(exist_ok=True)
        deb = next(path for path in packages if path.suffix == ".deb")
        shutil.copy(deb, folder)
        self.scenario.index(folder)
        return packages, deb

    def check_reproducible(self, kernel, packages):
        copy = self.folder / "copy"
        self.scenario.host("sh", "-c", AGAIN.format(
            copy=copy, command=" ".join(
                f"'{word}'" for word in self.command(kernel, copy / "out"))))
        for package in packages:
            again = copy / "out" / package.name
            self.scenario.check(again.read_bytes() == package.read_bytes(),
                                f"{package.name} is reproducible")
        shutil.rmtree(copy)

    def lint(self, packages):
        deb, rpm = sorted(packages, key=lambda path: path.suffix)
        tags = self.scenario.host("lintian", "--allow-root", "--pedantic",
                                  "--display-info", "--display-experimental", deb)
        self.scenario.check(tags == [], "lintian reports no tags")
        output = self.scenario.host("rpmlint", "-r", "rpm/kmod-devtrio.rpmlintrc",
                                    rpm, "rpm/kmod-devtrio.spec")
        self.scenario.check("; 0 errors, 0 warnings" in "".join(output),
                            "rpmlint reports nothing")

    def is_signed(self, module):
        """Verifies that our key signed exactly these bytes. sign-file appends a trailer."""
        module = vm.Path(module)
        whole = module.read_bytes()
        self.scenario.check(whole.endswith(MAGIC), f"{module.name} is signed")
        about = len(whole) - len(MAGIC) - 12
        length = struct.unpack(">8xI", whole[about:about + 12])[0]
        signature, content = self.folder / "signature", self.folder / "content"
        content.write_bytes(whole[:about - length])
        signature.write_bytes(whole[about - length:about])
        self.scenario.host(
            "openssl", "cms", "-verify", "-binary", "-inform", "DER",
            "-in", signature, "-content", content, "-noverify", "-nointern",
            "-certfile", self.folder / "cert.pem", "-out", "/dev/null")


def find_modules(scenario):
    """Returns (kernel, folder, module) of each installed driver."""
    names = " -o ".join(f"-name '{module}.ko*'" for module in MODULES)
    found = scenario.run(f"find /lib/modules/ {names}")
    return sorted(re.findall(r"^/lib/modules/([^/]+)/(.*)/(\w+)\.ko", found, re.M))


def check_modules(scenario, places):
    """Checks that each kernel has each module just once, in its folder, and that no
    other kernel has any. places: {kernel: folder}"""
    scenario.check(find_modules(scenario) == sorted(
        (kernel, place, module) for kernel, place in places.items()
        for module in MODULES), f"each module is installed exactly once: {places}")
    for kernel, place in places.items():
        for module in MODULES:
            scenario.run(f"modinfo -k {kernel} -n {module}",
                         shows=f"/{kernel}/{place}/{module}.ko")
