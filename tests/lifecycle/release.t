#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Tests `make release` in copies of this tree: what it refuses, and what it writes.
# Skips `make check` in there. If $SPDX_SCHEMA names the published schema of SPDX 2.3,
# also validates the bill of materials.
. "$(dirname "$0")/../tap.sh"
cd "$top" || exit 1

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export CHECK=no SOURCE_DATE_EPOCH=1800000000 # 15 January 2027
export GIT_AUTHOR_NAME=somebody GIT_AUTHOR_EMAIL=somebody@example.invalid
export GIT_COMMITTER_NAME=somebody GIT_COMMITTER_EMAIL=somebody@example.invalid

copy() {
	cd "$top" && rm -rf "$work/tree"
	mkdir "$work/tree"
	tar -C "$top" -c --exclude=./build --exclude=./.git --exclude=__pycache__ . |
		tar -x -C "$work/tree"
	cd "$work/tree" && git init -q -b main && git add -A && git commit -q -m copy
}

# next_version TEXT: copy the tree as after the first release, with TEXT as news.
next_version() {
	copy && sed -i "s/^## \[\(.*\)\] - .*/## [\1] - 2027-01-01/" CHANGELOG &&
		sed -i "0,/^## /s//## [Unreleased]\n\n### Fixed\n\n$1\n## /" CHANGELOG &&
		git commit -q -a -m changed
}

# refuses TEXT VERSION: release fails with one line and changes nothing.
refuses() {
	local before message
	before=$(git status --porcelain; git rev-parse HEAD)
	message=$(.ci/release "$2" 2>&1) && return 1
	echo "$message"
	[[ $message = "release: "*"$1"* && $message != *$'\n'* ]] &&
		[ "$(git status --porcelain; git rev-parse HEAD)" = "$before" ]
}

has() {
	grep -qF -- "$1" "$2" || {
		echo "$2 does not have: $1"
		return 1
	}
}

# version.t also runs the utility.
version_agrees() {
	make -s devtrio && tests/static/version.t
}

# SHA256SUMS has all files except itself.
sums_agree() {
	(cd build/release && sha256sum --quiet -c SHA256SUMS &&
		[ "$(wc -l <SHA256SUMS)" = "$(($(find . -type f | wc -l) - 1))" ])
}

bill_agrees() {
	python3 - build/release/*.spdx.json <<-'END'
		import hashlib, json, subprocess, sys
		from pathlib import Path
		bill = json.load(open(sys.argv[1], encoding="utf-8"))
		sha256 = lambda path: hashlib.sha256(path.read_bytes()).hexdigest()
		sums = lambda entry: {c["algorithm"]: c["checksumValue"]
		                      for c in entry["checksums"]}
		names = subprocess.run(["git", "ls-files"], check=True, text=True,
		                       stdout=subprocess.PIPE).stdout.split("\n")[:-1]
		files = {entry["fileName"][2:]: entry for entry in bill["files"]}
		assert sorted(files) == sorted(names)
		for name, entry in files.items():
		    assert sums(entry)["SHA256"] == sha256(Path(name)), name
		source, *made = bill["packages"]
		code = hashlib.sha1("".join(sorted(sums(entry)["SHA1"]
		                    for entry in files.values())).encode()).hexdigest()
		assert source["packageVerificationCode"]["packageVerificationCodeValue"] == code
		release = Path("build/release")
		assert sorted(entry["packageFileName"][2:] for entry in made) == sorted(
		    path.name for path in release.iterdir()
		    if path.name != "SHA256SUMS" and not path.name.endswith(".json"))
		for entry in made:
		    assert sums(entry)["SHA256"] == sha256(release / entry["packageFileName"])
		uapi = files["src/uapi/devtrio/rambuf.h"]
		assert uapi["licenseConcluded"] == "GPL-2.0-only WITH Linux-syscall-note"
		ids = {"SPDXRef-DOCUMENT", *(entry["SPDXID"]
		       for entry in [*files.values(), source, *made])}
		assert len(ids) == 1 + len(files) + 1 + len(made)
		for relation in bill["relationships"]:
		    assert relation["spdxElementId"] in ids, relation
		    assert relation["relatedSpdxElement"] in ids, relation
	END
}

follows_schema() {
	python3 - "$SPDX_SCHEMA" build/release/*.spdx.json <<-'END'
		import json, sys
		import jsonschema
		schema, bill = (json.load(open(path, encoding="utf-8"))
		                for path in sys.argv[1:])
		jsonschema.validate(bill, schema)
	END
}

version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)
larger=${version%%.*}.1000.0

next_version '- A thing.' || exit
check "an invalid version is refused" refuses "three numbers" "$larger-rc1"
check "the released version is refused" refuses "not newer" "$version"
check "a lower version is refused" refuses "not newer" 0.9.9
touch new-file
check "a tree with uncommitted changes is refused" refuses "uncommitted" "$larger"
next_version '' || exit
check "a release without changes is refused" refuses "no unreleased changes" "$larger"
copy && sed -i "s/^## \[.*/## [$version] - 2027-01-01/" CHANGELOG && git commit -q -a -m x
check "a CHANGELOG without a heading for changes is refused" refuses "no heading" "$larger"

# The first release only adds the date to existing entries.
copy || exit
check "make release makes the first release" make -s release VERSION="$version"
check "CHANGELOG has the date" has "## [$version] - 2027-01-15" CHANGELOG
check "debian/changelog has the date" has "Fri, 15 Jan 2027" debian/changelog
check "rpm/devtrio.spec has the date" has "* Fri Jan 15 2027 " rpm/devtrio.spec
check "all files have the version" version_agrees
check "SHA256SUMS is correct" sums_agree

next_version '- **rambuf**: 50% of one thing, `so long` that it does not fit a line of a\n  changelog.\n- Another.\n' || exit
check "make release makes the next release" make -s release VERSION="$larger"
check "all files have the next version" version_agrees
check "CHANGELOG has the date of the next release" has "## [$larger] - 2027-01-15" CHANGELOG
check "debian/changelog has the first change" has "  * rambuf: 50% of one thing, so long" debian/changelog
check "debian/changelog has the second change" has "  * Another." debian/changelog
check "dpkg-parsechangelog reads the version" has "$larger" <(dpkg-parsechangelog -S Version)
check "rpm reads the changes from the package" has "- Another." \
	<(rpm -qp --changelog build/release/dkms-devtrio-"$larger"-1.noarch.rpm)
check "rpm reads a literal % from the package" has "- rambuf: 50% of one thing, so long" \
	<(rpm -qp --changelog build/release/dkms-devtrio-"$larger"-1.noarch.rpm)
check "no file has the old version" sh -c \
	"! git grep -nF '$version' -- dkms.conf src/man tests/lifecycle/doctor.t README.md"
check "the release is committed and tagged" sh -c \
	"[ -z \"\$(git status --porcelain)\" ] && git describe --exact-match | grep -qx v$larger"
check "SHA256SUMS of the next release is correct" sums_agree
check "the bill of materials agrees with tree and packages" bill_agrees
if [ "${SPDX_SCHEMA-}" ]; then
	check "the bill of materials follows the published schema" follows_schema
else
	skip "SPDX_SCHEMA is unset: the published schema is not checked"
fi
finish
