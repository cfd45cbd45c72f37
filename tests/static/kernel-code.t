#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The drivers read as the kernel's own code does.
. "$(dirname "$0")/../tap.sh"
cd "$top" || exit 1

mapfile -t sources < <(find src/modules src/uapi -name '*.[ch]' | sort)

# checkpatch comes with the kernel's sources, and is kept in the cache.
checkpatch() {
	local cache source
	cache=$(tests/vm/root cache)/checkpatch
	if [ ! -x "$cache/checkpatch.pl" ]; then
		mkdir -p "$cache"
		source=$(apt-cache depends linux-source | sed -n 's/.*Depends: //p')
		(cd "$cache" && apt-get download "$source" &&
			dpkg --fsys-tarfile "$source"_*.deb |
			tar -xO "./usr/src/$source.tar.xz" |
				tar -xJ --strip-components=2 --wildcards \
					"$source/scripts/checkpatch.pl" \
					"$source/scripts/spelling.txt" \
					"$source/scripts/const_structs.checkpatch" &&
			rm "$source"_*.deb) >/dev/null 2>&1
	fi
	# User space has no BIT().
	perl "$cache/checkpatch.pl" --no-tree --strict --terse --no-summary \
		--ignore BIT_MACRO --file "$1"
}

sparse() {
	tests/vm/build-modules 6.1 C=2 CF=-Wsparse-error
}

no_version_tests() {
	! grep -rnE 'LINUX_VERSION_CODE|KERNEL_VERSION' src/modules \
		--include='*.[ch]' --include='Kbuild*' --exclude-dir=compat
}

no_private_logging() {
	! grep -rnE '\bprintk\(|pr_(info|notice|warn|err)\(' \
		src/modules/proc_relate src/modules/rambuf |
		grep -Ev 'size=%lu is not within|count=%u is not within'
}

for source in "${sources[@]}"; do
	check "checkpatch --strict $source" silent checkpatch "$source"
done
check "sparse has nothing to say" sparse
check "no version test outside compat/" no_version_tests
check "nothing is logged but a refused parameter" no_private_logging
finish
