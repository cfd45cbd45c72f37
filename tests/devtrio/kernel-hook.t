#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Tests the kernel installation hook at each of its paths: it warns on one line if the
# drivers are not built, stays silent if they are or if another hook follows, and never
# fails. The utility and dpkg-query are fakes; tests/lifecycle/doctor.t uses real ones.
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

# prints LINES CODE HEADERS PLACE ARGUMENT...: expect LINES lines if the utility exits
# with CODE and the headers package is in state HEADERS
prints() {
	local lines=$1 code=$2 headers=$3 hook=$work/$4
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
		check "$place: silent if built, headers ${state:-missing}" \
			prints 0 0 "$state" "$place" 6.1-test
	done
	check "$place: silent if no modules are installed" prints 0 3 installed "$place" 6.1-test
	check "$place: silent if status fails" prints 0 1 installed "$place" 6.1-test
	check "$place: warns without headers" prints 1 5 "" "$place" 6.1-test
	check "$place: warns with headers" prints 1 5 installed "$place" 6.1-test
	check "$place: warns for the running kernel" prints 1 4 installed "$place" 6.1-test
	check "$place: silent without a kernel" prints 0 5 installed "$place"
done
for state in unpacked half-configured; do
	check "image: waits for $state headers" prints 0 5 "$state" "$image" 6.1-test
	check "headers: warns while they are $state" prints 1 5 "$state" "$headers" 6.1-test
done
check "kernel-install: warns about a new kernel" \
	prints 1 5 "" "$plugin" add 6.1-test /boot/x /boot/x/linux
check "kernel-install: silent if built" prints 0 0 "" "$plugin" add 6.1-test /boot/x
check "kernel-install: silent about a removed kernel" prints 0 5 "" "$plugin" remove 6.1-test

# After removing the package, the conffile stays until a purge.
without_the_utility() {
	PATH=$work/empty CODE=5 "$work/$image" 6.1-test
}
check "silent without the utility" silent without_the_utility
finish
