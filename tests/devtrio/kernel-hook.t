#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The hook that a kernel's installation runs, at each of its places: loud on one
# line if the drivers are not built for it, silent if all is well or if there is
# more to come, and never a failure. The utility and dpkg-query are false ones; the
# real ones are in tests/lifecycle/doctor.t.
. "$(dirname "$0")/../tap.sh"
cd "$top" || exit 1

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{bin,empty,postinst.d,header_postinst.d,install.d}
for place in postinst.d/zz-devtrio header_postinst.d/zz-devtrio \
	install.d/90-devtrio.install; do
	install src/system/kernel-hook "$work/$place"
done
cat >"$work/bin/devtrio" <<-'END'
	#!/bin/sh
	[ "$*" = "status --quiet --kernel 6.1-test" ] || exit 2
	exit "$CODE"
END
printf '%s\n' '#!/bin/sh' '[ -z "$HEADERS" ] || echo "$HEADERS"' >"$work/bin/dpkg-query"
chmod 755 "$work"/bin/*
export PATH=$work/bin:$PATH

# says CODE HEADERS LINES PLACE ARGUMENT...: the utility ends with CODE, and the
# headers' package is in the state HEADERS
says() {
	local code=$1 headers=$2 lines=$3 hook=$work/$4
	shift 4
	CODE=$code HEADERS=$headers "$hook" "$@" >"$work/out" 2>"$work/err" || return
	cat "$work/out" "$work/err"
	[ ! -s "$work/out" ] && [ "$(wc -l <"$work/err")" = "$lines" ] &&
		[ "$(grep -c 'NOT BUILT FOR 6.1-test.*sudo devtrio repair$' "$work/err")" = "$lines" ]
}

image=postinst.d/zz-devtrio
headers=header_postinst.d/zz-devtrio
plugin=install.d/90-devtrio.install
for place in $image $headers; do
	for state in "" unpacked half-configured installed; do
		check "$place: silent if built, headers ${state:-not there}" \
			says 0 "$state" 0 "$place" 6.1-test
	done
	check "$place: silent if no modules are installed" says 3 installed 0 "$place" 6.1-test
	check "$place: silent if it can't be known" says 1 installed 0 "$place" 6.1-test
	check "$place: loud without headers" says 5 "" 1 "$place" 6.1-test
	check "$place: loud with headers" says 5 installed 1 "$place" 6.1-test
	check "$place: loud for the running kernel, too" says 4 installed 1 "$place" 6.1-test
	check "$place: silent without a kernel" says 5 installed 0 "$place"
done
for state in unpacked half-configured; do
	check "image: waits for headers that are $state" says 5 "$state" 0 "$image" 6.1-test
	check "headers: loud while they are $state" says 5 "$state" 1 "$headers" 6.1-test
done
check "kernel-install: loud when a kernel is added" \
	says 5 "" 1 "$plugin" add 6.1-test /boot/x /boot/x/linux
check "kernel-install: silent if built" says 0 "" 0 "$plugin" add 6.1-test /boot/x
check "kernel-install: silent when one is removed" says 5 "" 0 "$plugin" remove 6.1-test

# As after the package was removed: its configuration stays until it is purged.
without_the_utility() {
	PATH=$work/empty CODE=5 "$work/$image" 6.1-test
}
check "silent when the utility is gone" silent without_the_utility
finish
