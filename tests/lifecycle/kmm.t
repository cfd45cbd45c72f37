#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Tests the recipe for Kernel Module Management (KMM) without a cluster and a registry:
# runs the Containerfile's commands natively in a root, and checks that the Module
# matches the image. If $KMM_CRD names KMM's
# config/crd/bases/kmm.sigs.x-k8s.io_modules.yaml, validates the Module against it.
. "$(dirname "$0")/../tap.sh"
cd "$top" || exit 1

work=$(mktemp -d)
trap 'tests/vm/in-root / rm -rf "$work"' EXIT
chmod 755 "$work"
root=$(tests/vm/root build bookworm)/root
kernel=$(awk '$1 == "6.1" { print $2 }' "$root/kernels" | tail -n 1)
recipe=rpm/kmm/Containerfile

# Run the first stage of the Containerfile: its RUN lines unchanged, and COPY as cp.
run_recipe() {
	mkdir "$work"/{upper,work,root,packages}
	cp "$work"/kmod/devtrio-modules-"$kernel"_*.deb "$work/packages/"
	{
		echo 'set -ex'
		echo "KERNEL_FULL_VERSION=$kernel"
		sed '/^FROM/d; /^ARG KERNEL_FULL_VERSION$/d; /^#/d; /^$/d
			s,^COPY \(.*\) /packages/$,mkdir /packages; cp /mnt/\1 /packages/,
			s/^RUN //' <(sed '/^# Kernel Module Management asks/,$d' "$recipe")
	} >"$work/packages/script"
	tests/vm/in-root / sh -ec '
		root=$(realpath "$2")
		cd "$1"
		mount -t overlay root root \
			-o "lowerdir=$root,upperdir=upper,workdir=work"
		mount --bind packages root/mnt
		exec chroot root sh /mnt/script' sh "$work" "$root"
}

image() {
	tests/vm/in-root / "$@"
}

# The operator's worker loads modules with modprobe -d /opt.
would_load() {
	image modprobe -d "$work/upper/opt" -S "$kernel" --show-depends "$1" |
		grep -F "/lib/modules/$kernel/updates/devtrio/$1.ko"
}

module_matches() {
	/usr/bin/python3 - <<-'END'
		import yaml
		with open("rpm/kmm/module.yaml", encoding="utf-8") as text:
		    module = yaml.safe_load(text)
		assert module["apiVersion"] == "kmm.sigs.x-k8s.io/v1beta1"
		assert module["kind"] == "Module"
		container = module["spec"]["moduleLoader"]["container"]
		order = container["modprobe"]["modulesLoadingOrder"]
		assert sorted(order) == ["beepctrl", "proc_relate", "rambuf"]
		# KMM's webhook requires this.
		assert order[0] == container["modprobe"]["moduleName"]
		mapping, = container["kernelMappings"]
		assert "${KERNEL_FULL_VERSION}" in mapping["containerImage"]
	END
}

# Forbid properties that the schema lacks, since the API server drops them.
follows_schema() {
	/usr/bin/python3 - "$KMM_CRD" <<-'END'
		import sys
		import jsonschema
		import yaml
		with open(sys.argv[1], encoding="utf-8") as text:
		    versions = yaml.safe_load(text)["spec"]["versions"]
		schema, = (version["schema"]["openAPIV3Schema"] for version in versions
		           if version["name"] == "v1beta1")

		def close(part):
		    if isinstance(part, dict):
		        if "properties" in part and part is not schema["properties"]["metadata"]:
		            part.setdefault("additionalProperties", False)
		        for inner in part.values():
		            close(inner)

		close(schema)
		with open("rpm/kmm/module.yaml", encoding="utf-8") as text:
		    module = yaml.safe_load(text)
		jsonschema.validate(module, schema)
		module["spec"]["moduleLoader"]["container"]["modprobe"]["wrong"] = 1
		try:
		    jsonschema.validate(module, schema)
		except jsonschema.ValidationError:
		    sys.exit()
		sys.exit("the schema accepts a wrong property")
	END
}

check "make kmod builds the packages" make -s kmod KVER="$kernel" ROOT="$root" \
	OUT="$work/kmod"
check "the Containerfile's first stage runs" run_recipe
for module in proc_relate beepctrl rambuf; do
	check "modprobe -d /opt finds $module in the image" would_load $module
done
check "the Module matches the image" module_matches
if [ "${KMM_CRD-}" ]; then
	check "the Module follows the published schema" follows_schema
else
	skip "KMM_CRD is unset: the published schema is not checked"
fi
finish
