# SPDX-License-Identifier: GPL-2.0-only
"""Packages of `make kmod`, signed with a key made for the test."""
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
# Another place, time, time zone, language, home and umask. Not another user: in-root
# maps an ordinary one to root.
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
    """What `make kmod` makes for kernels whose headers a root has.

    scenario: whose folder and transcript they are for
    """

    def __init__(self, scenario, root):
        self.scenario, self.root = scenario, root
        self.folder = scenario.folder
        # Not where `make repo` would take them from.
        self.out = self.folder / "kmod"
        scenario.host("sh", "-c", KEY.format(folder=self.folder, signer=SIGNER))

    def command(self, kernel, out):
        return ["make", "-s", "kmod", f"KVER={kernel}", f"ROOT={self.root}",
                f"OUT={out}", f"KEY={self.folder}/key.pem",
                f"CERT={self.folder}/cert.pem"]

    def make(self, kernel):
        """Returns the packages of the kernel."""
        return [vm.Path(path) for path in
                self.scenario.host(*self.command(kernel, self.out))[-2:]]

    def put_deb(self, kernel):
        """Puts the .deb for the kernel where apt may be offered it; returns all
        packages, and that one."""
        packages = self.make(kernel)
        folder = self.scenario.share / "kmod"
        folder.mkdir(exist_ok=True)
        deb = next(path for path in packages if path.suffix == ".deb")
        shutil.copy(deb, folder)
        self.scenario.index(folder)
        return packages, deb

    def come_out_the_same(self, kernel, packages):
        copy = self.folder / "copy"
        self.scenario.host("sh", "-c", AGAIN.format(
            copy=copy, command=" ".join(
                f"'{word}'" for word in self.command(kernel, copy / "out"))))
        for package in packages:
            again = copy / "out" / package.name
            self.scenario.check(again.read_bytes() == package.read_bytes(),
                                f"made again, {package.name} has the same bytes")
        shutil.rmtree(copy)

    def have_no_faults(self, packages):
        deb, rpm = sorted(packages, key=lambda path: path.suffix)
        said = self.scenario.host("lintian", "--allow-root", "--pedantic",
                                  "--display-info", "--display-experimental", deb)
        self.scenario.check(said == [], "lintian has no tag")
        said = self.scenario.host("rpmlint", "-r", "rpm/kmod-devtrio.rpmlintrc",
                                  rpm, "rpm/kmod-devtrio.spec")
        self.scenario.check("; 0 errors, 0 warnings" in "".join(said),
                            "rpmlint has nothing to say")

    def is_signed(self, module):
        """By our key, over just these bytes; sign-file's own notes come last."""
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


def where(scenario):
    """The drivers that are there, and the places that they are in."""
    names = " -o ".join(f"-name '{module}.ko*'" for module in MODULES)
    found = scenario.run(f"find /lib/modules/ {names}")
    return sorted(re.findall(r"^/lib/modules/([^/]+)/(.*)/(\w+)\.ko", found, re.M))


def are_in(scenario, places):
    """One of each is there for these kernels and no other, and modprobe knows it;
    places: where, by kernel."""
    scenario.check(where(scenario) == sorted(
        (kernel, place, module) for kernel, place in places.items()
        for module in MODULES), f"each module is there just once: {places}")
    for kernel, place in places.items():
        for module in MODULES:
            scenario.run(f"modinfo -k {kernel} -n {module}",
                         shows=f"/{kernel}/{place}/{module}.ko")
