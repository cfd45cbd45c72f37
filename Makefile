# SPDX-License-Identifier: GPL-2.0-only
# The main targets. The kernel builds src/modules/Kbuild, dkms reads dkms.conf, and the
# rules for the test programs are in tests/programs.mk.

VERSION := $(shell sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)
KVER ?= $(shell uname -r)
KDIR ?= /lib/modules/$(KVER)/build
prefix ?= /usr
bindir ?= $(prefix)/bin
mandir ?= $(prefix)/share/man
includedir ?= $(prefix)/include
libexecdir ?= $(prefix)/libexec
sysconfdir ?= /etc
examplesdir ?= $(prefix)/share/doc/devtrio-dev/examples
# Debian's packages use vendor-completions.
zshcompletiondir ?= $(prefix)/share/zsh/site-functions

PKG_CONFIG ?= pkg-config
CFLAGS ?= -O2 -g
warnings := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes
utility_cflags := -std=gnu11 $(warnings) -D_GNU_SOURCE -ffile-prefix-map=$(CURDIR)=. \
	-DDEVTRIO_VERSION='"$(VERSION)"' -DDEVTRIO_LIBEXECDIR='"$(libexecdir)"' \
	-Isrc/uapi -Isrc/devtrio
# Sort independently of the locale, for reproducible builds.
utility_sources := $(sort $(wildcard src/devtrio/*.c src/devtrio/*/*.c))
utility_headers := $(wildcard src/devtrio/*/*.h src/uapi/devtrio/*.h)
utility_objects := $(utility_sources:src/devtrio/%.c=%.o)
utility_libs = $(shell $(PKG_CONFIG) --libs libkmod json-c smartcols zlib)

help: ## show this help
	@echo "devtrio $(VERSION): make TARGET"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 14

demo: ## demonstrate the main use case step by step in a virtual machine
	@tests/vm/host-setup build vm
	@tests/lifecycle/demo

check: ## run all tests in the oldest, the default, a real-time and the newest kernel
	@tests/vm/host-setup build rpm vm arm64 static utility bench debug
	@$(MAKE) -s unit-tests selftests deb rpm
	@KERNELS="$(KERNELS)" bash -o pipefail -c \
		'prove --timer --failures $(TESTS) | tests/minutes'

check-debug: ## test the drivers in debug kernels, with fault injection and fuzzing
	@tests/vm/host-setup build vm debug
	@$(MAKE) -s selftests
	FUZZ_TIME=$(or $(TIME),300) prove --timer --failures $(debug_tests)

matrix: ## run the driver tests in every Debian kernel, or only SERIES="6.1 6.12-cloud"
	@tests/vm/host-setup build vm arm64
	@$(MAKE) -s selftests
	prove --timer --failures --verbose tests/vm/matrix :: \
		$(if $(SERIES),--kernels "$(SERIES)")
	$(if $(SERIES),,prove --timer --failures tests/vm/last-words.t tests/vm/tune.t)

lifecycle: ## test installation, upgrade, removal: all, or SYSTEMS="sid" ROWS="purge" MISSING=y
	@tests/vm/host-setup build rpm vm packages static repo release firmware
	@$(MAKE) -s deb
	prove --timer --failures --verbose tests/lifecycle/matrix :: \
		$(if $(SYSTEMS),--systems "$(SYSTEMS)") $(if $(ROWS),--rows "$(ROWS)") \
		$(if $(MISSING),--missing)
	$(if $(SYSTEMS)$(ROWS),,prove --timer --failures $(lifecycle_tests))

bench: ## compare the drivers with their peers: all, or BENCH="rambuf beepctrl"
	@tests/vm/host-setup build vm bench
	@$(MAKE) -s bench-programs
	@tests/bench/bench $(BENCH)

fuzz: ## fuzz the utility's parsers and the drivers for TIME=60 seconds each
	@tests/vm/host-setup build utility vm debug
	@FUZZ_TIME=$(or $(TIME),60) prove --timer --failures -v tests/fuzz \
		tests/vm/debug/fuzz.t

modules: ## build the drivers for the running kernel, or for KDIR=
	$(MAKE) -C $(KDIR) M=$(CURDIR)/src/modules W=1 DEVTRIO_WERROR=y \
		CONFIG_DEBUG_INFO_BTF_MODULES= modules

devtrio: build/devtrio/devtrio ## build the utility in build/devtrio/

build/devtrio/devtrio: $(utility_objects:%=build/devtrio/%)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(utility_libs) -pthread

build/devtrio/%.o: src/devtrio/%.c $(utility_headers) dkms.conf Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(utility_cflags) -c -o $@ $<

# The Raspberry Pi's firmware merges this overlay into its device tree.
build/beepctrl.dtbo: src/system/beepctrl-overlay.dts
	@mkdir -p $(@D)
	dtc -@ -W no-gpios_property -I dts -O dtb -o $@ $<

deb: ## build the Debian source and binary packages in build/deb/
	@.ci/deb

rpm: ## build the RPM source and binary packages in build/rpm/
	@RPMBUILDFLAGS='$(RPMBUILDFLAGS)' .ci/rpm

kmod: ## build a package of prebuilt modules for KVER=, signed with KEY= and CERT=, in build/kmod/
	@KDIR='$(KDIR)' ROOT='$(ROOT)' OUT='$(OUT)' .ci/kmod '$(KVER)' '$(KEY)' '$(CERT)'

repo: ## create apt and dnf repositories, signed with the GPG key KEY=, in build/repo/
	@.ci/repo '$(KEY)' '$(SUITE)'

release: ## test HEAD and build release VERSION=, with checksums and SBOM, in build/release/
	@CHECK='$(CHECK)' .ci/release '$(VERSION)'

file := install -D -m 644
install: devtrio live-selftests build/beepctrl.dtbo ## install everything except the drivers under DESTDIR
	install -D -t $(DESTDIR)$(bindir) build/devtrio/devtrio
	$(file) -t $(DESTDIR)$(mandir)/man1 src/man/*.1
	$(file) -t $(DESTDIR)$(mandir)/man4 src/man/*.4
	$(file) src/completion/devtrio.bash \
		$(DESTDIR)$(prefix)/share/bash-completion/completions/devtrio
	$(file) -t $(DESTDIR)$(zshcompletiondir) src/completion/_devtrio
	$(file) -t $(DESTDIR)$(prefix)/share/fish/vendor_completions.d src/completion/devtrio.fish
	$(file) -t $(DESTDIR)$(includedir)/devtrio src/uapi/devtrio/*.h
	$(file) -t $(DESTDIR)$(examplesdir) src/examples/*
	$(file) -t $(DESTDIR)$(prefix)/share/devtrio src/devtrio/status/status.schema.json
	$(file) -t $(DESTDIR)$(prefix)/lib/udev/rules.d udev/*.rules
	$(file) src/system/sysusers.conf $(DESTDIR)$(prefix)/lib/sysusers.d/devtrio.conf
	$(file) src/system/modules-load.conf \
		$(DESTDIR)$(prefix)/lib/modules-load.d/devtrio.conf
	$(file) src/system/dracut.conf \
		$(DESTDIR)$(prefix)/lib/dracut/dracut.conf.d/50-devtrio.conf
	$(file) -t $(DESTDIR)$(prefix)/lib/systemd/system src/system/*.service
	$(file) -t $(DESTDIR)$(prefix)/lib/devtrio/overlays build/beepctrl.dtbo
	install -D -t $(DESTDIR)$(libexecdir)/devtrio src/system/drivers
	install -D -t $(DESTDIR)$(libexecdir)/devtrio/selftests $(live_selftests)
	set -e; for hook in $(prefix)/lib/kernel/install.d/90-devtrio.install \
		$(sysconfdir)/kernel/postinst.d/zz-devtrio \
		$(sysconfdir)/kernel/header_postinst.d/zz-devtrio; do \
		install -D src/system/kernel-hook $(DESTDIR)$$hook; done

clean: ## remove build results (the names in .gitignore)
	grep -v '^#' .gitignore | while read -r name; do \
		find . -name .git -prune -o -name "$$name" -prune -exec rm -rf {} +; done

distclean: clean ## clean, and print how to remove the cached Debian roots
	@echo "The cached Debian roots remain. To remove them:"
	@echo "  tests/vm/in-root / rm -rf $$(tests/vm/root cache)"

include tests/programs.mk

.PHONY: help demo check check-debug matrix lifecycle bench fuzz modules devtrio deb rpm \
	kmod repo release install clean distclean
