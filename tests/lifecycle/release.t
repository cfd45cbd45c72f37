#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# `make release` in copies of this tree: what it refuses, and what it leaves. It does
# not run `make check`, which runs this. With $SPDX_SCHEMA, the published schema of
# SPDX 2.3, the bill of materials is held to that as well.
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

# As after the first release, with something new.
next_version() {
	copy && sed -i "s/^## \[\(.*\)\] - .*/## [\1] - 2027-01-01/" CHANGELOG &&
		sed -i "0,/^## /s//## [Unreleased]\n\n### Fixed\n\n$1\n## /" CHANGELOG &&
		git commit -q -a -m changed
}

# refuses TEXT VERSION: in one line, and touches nothing.
refuses() {
	local before said
	before=$(git status --porcelain; git rev-parse HEAD)
	said=$(.ci/release "$2" 2>&1) && return 1
	echo "$said"
	[[ $said = "release: "*"$1"* && $said != *$'\n'* ]] &&
		[ "$(git status --porcelain; git rev-parse HEAD)" = "$before" ]
}

has() {
	grep -qF -- "$1" "$2" || {
		echo "$2 does not have: $1"
		return 1
	}
}

# The utility is asked, too.
version_agrees() {
	make -s cli && tests/static/version.t
}

# The sums are those of all that is there, themselves excepted.
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
		told = lambda entry: {c["algorithm"]: c["checksumValue"]
		                      for c in entry["checksums"]}
		names = subprocess.run(["git", "ls-files"], check=True, text=True,
		                       stdout=subprocess.PIPE).stdout.split("\n")[:-1]
		files = {entry["fileName"][2:]: entry for entry in bill["files"]}
		assert sorted(files) == sorted(names)
		for name, entry in files.items():
		    assert told(entry)["SHA256"] == sha256(Path(name)), name
		source, *made = bill["packages"]
		code = hashlib.sha1("".join(sorted(told(entry)["SHA1"]
		                    for entry in files.values())).encode()).hexdigest()
		assert source["packageVerificationCode"]["packageVerificationCodeValue"] == code
		release = Path("build/release")
		assert sorted(entry["packageFileName"][2:] for entry in made) == sorted(
		    path.name for path in release.iterdir()
		    if path.name != "SHA256SUMS" and not path.name.endswith(".json"))
		for entry in made:
		    assert told(entry)["SHA256"] == sha256(release / entry["packageFileName"])
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
check "what is no version is refused" refuses "three numbers" "$larger-rc1"
check "the released version is refused" refuses "not larger" "$version"
check "a smaller one is refused" refuses "not larger" 0.9.9
touch new-file
check "a tree with changes is refused" refuses "not committed" "$larger"
next_version '' || exit
check "a release without news is refused" refuses "changed" "$larger"
copy && sed -i "s/^## \[.*/## [$version] - 2027-01-01/" CHANGELOG && git commit -q -a -m x
check "one without a heading for news is refused" refuses "no heading" "$larger"

# What waits for its release only gets the date.
copy || exit
check "the first release is made" make -s release VERSION="$version"
check "CHANGELOG has its day" has "## [$version] - 2027-01-15" CHANGELOG
check "debian/changelog has it" has "Fri, 15 Jan 2027" debian/changelog
check "the spec has it" has "* Fri Jan 15 2027 " rpm/devtrio.spec
check "and all of them the version" version_agrees
check "the checksums agree" sums_agree

next_version '- **rambuf**: 50% of one thing, `so long` that it does not fit a line of a\n  changelog.\n- Another.\n' || exit
check "the next release is made" make -s release VERSION="$larger"
check "all places have the version" version_agrees
check "CHANGELOG has its day" has "## [$larger] - 2027-01-15" CHANGELOG
check "debian/changelog has the news" has "  * rambuf: 50% of one thing, so long" debian/changelog
check "and what comes after" has "  * Another." debian/changelog
check "dpkg reads it" has "$larger" <(dpkg-parsechangelog -S Version)
check "rpm reads it from the package" has "- Another." \
	<(rpm -qp --changelog build/release/dkms-devtrio-"$larger"-1.noarch.rpm)
check "and what stands for itself there" has "- rambuf: 50% of one thing, so long" \
	<(rpm -qp --changelog build/release/dkms-devtrio-"$larger"-1.noarch.rpm)
check "no place has the old one" sh -c \
	"! git grep -nF '$version' -- dkms.conf src/man tests/lifecycle/doctor.t README.md"
check "it is committed, and tagged" sh -c \
	"[ -z \"\$(git status --porcelain)\" ] && git describe --exact-match | grep -qx v$larger"
check "the checksums agree" sums_agree
check "the bill of materials agrees" bill_agrees
if [ "${SPDX_SCHEMA-}" ]; then
	check "it follows the published schema" follows_schema
else
	skip "without SPDX_SCHEMA it is not held to the published one"
fi
finish
