# SPDX-License-Identifier: GPL-2.0-only
# The front door. What the kernel builds is in src/modules/Kbuild; what DKMS
# does is in dkms.conf.

VERSION := $(shell sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)
KVER ?= $(shell uname -r)
KDIR ?= /lib/modules/$(KVER)/build
DESTDIR ?=
prefix ?= /usr
bindir ?= $(prefix)/bin
mandir ?= $(prefix)/share/man
includedir ?= $(prefix)/include
datadir ?= $(prefix)/share/devtrio
libexecdir ?= $(prefix)/libexec
sysconfdir ?= /etc
kernelinstalldir ?= $(prefix)/lib/kernel/install.d
examplesdir ?= $(prefix)/share/doc/devtrio-dev/examples
bashcompletiondir ?= $(prefix)/share/bash-completion/completions
# vendor-completions is Debian's, for what comes in packages.
zshcompletiondir ?= $(prefix)/share/zsh/site-functions
fishcompletiondir ?= $(prefix)/share/fish/vendor_completions.d

PKG_CONFIG ?= pkg-config
CFLAGS ?= -O2 -g
warnings := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes
cli_cflags := -std=gnu11 $(warnings) -D_GNU_SOURCE -ffile-prefix-map=$(CURDIR)=. \
	-DDEVTRIO_VERSION='"$(VERSION)"' -Isrc/uapi -Isrc/cli
# In an order that no language changes, so that the same bytes come out.
cli_sources := $(sort $(wildcard src/cli/*.c))
cli_headers := $(wildcard src/cli/*.h src/uapi/devtrio/*.h)
cli_objects := $(patsubst src/cli/%.c,%.o,$(cli_sources))
cli_logic := $(filter-out main.o,$(cli_objects))
cli_libs = $(shell $(PKG_CONFIG) --libs libkmod json-c zlib)

# Test programs; tests/drivers/on-linux asks for its own.
cli_tests := $(patsubst tests/cli/%.c,build/cli-tests/%,$(wildcard tests/cli/test_*.c))
driver_tests := $(patsubst tests/drivers/%.c,build/drivers-tests/%,$(wildcard tests/drivers/*.c))
# Programs that measure, and for the BPF one among the peers its object.
bench_bpf := $(patsubst tests/bench/%.c,build/bench/programs/%.o,$(wildcard tests/bench/*.bpf.c))
bench_programs := $(patsubst tests/bench/%.c,build/bench/programs/%,\
	$(filter-out %.bpf.c,$(wildcard tests/bench/*.c)))
bench_libs_proc_relate := -lbpf
bench_libs_beepctrl := -lgpiod
driver_examples := $(addprefix build/drivers-tests/,example_proc_relate example_proc_relate.py python3 \
	man_proc_relate man_beepctrl man_rambuf)

help: ## this list
	@echo "devtrio $(VERSION): make TARGET"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 14

demo: ## the main job, in a virtual machine, step by step
	@tests/vm/host-setup build vm
	@tests/lifecycle/demo

check: ## all tests, on the oldest, the default, a real-time and the newest kernel
	@tests/vm/host-setup build rpm vm arm64 static cli bench
	@$(MAKE) -s cli-tests deb rpm
	KERNELS="$(KERNELS)" prove --timer --failures $(TESTS)

matrix: ## the driver tests on all kernels that Debian has, or some: SERIES="6.1 6.12-cloud"
	@tests/vm/host-setup build vm arm64
	prove --timer --failures --verbose tests/drivers/matrix :: \
		$(if $(SERIES),--kernels "$(SERIES)")
	$(if $(SERIES),,prove --timer --failures tests/drivers/last-words.t tests/drivers/tune.t)

# From the quick to the long; what they ran is counted at the end.
debug_tests := $(addprefix tests/vm/debug/,uml.t faults.t net.t drivers.t races.t \
	reload.t reload-kasan.t fuzz.t coverage.t)

check-debug: ## the drivers in kernels that see what others let pass, with failing memory, fuzzed
	@tests/vm/host-setup build vm debug
	FUZZ_TIME=$(or $(TIME),300) prove --timer --failures $(debug_tests)

# Those that the matrix has played.
lifecycle_rows := slice image prebuilt prebuilt-rpm repository repository-rpm secure-boot

lifecycle: ## what packages go through, in full guests, or some: SYSTEMS="sid" ROWS="purge" MISSING=y
	@tests/vm/host-setup build rpm vm packages static repo release firmware
	@$(MAKE) -s deb
	prove --timer --failures --verbose tests/lifecycle/matrix :: \
		$(if $(SYSTEMS),--systems "$(SYSTEMS)") $(if $(ROWS),--rows "$(ROWS)") \
		$(if $(MISSING),--missing)
	$(if $(SYSTEMS)$(ROWS),,prove --timer --failures \
		$(filter-out $(lifecycle_rows:%=tests/lifecycle/%.t), \
			$(wildcard tests/lifecycle/*.t)))

# The program that others have, and that our buzzers sound for.
BEEP = $(shell command -v beep)

# What `make check` takes of the table tests/vm/kernels, and of the lifecycle.
KERNELS ?= 5.10 6.1 newest
TESTS ?= tests/static tests/cli $(cli_tests) tests/fuzz tests/vm \
	$(KERNELS:%=tests/drivers/linux-%.t) tests/drivers/linux-6.1-rt.t \
	$(filter-out tests/drivers/linux-%.t,$(wildcard tests/drivers/*.t)) tests/bench \
	$(addprefix tests/lifecycle/,demo.t slice.t dkms.t)

bench: ## the drivers beside their peers, or some: BENCH="rambuf beepctrl"
	@tests/vm/host-setup build vm bench
	@$(MAKE) -s bench-programs
	@tests/bench/bench $(BENCH)

modules: ## the drivers, for the running kernel or KDIR=
	$(MAKE) -C $(KDIR) M=$(CURDIR)/src/modules W=1 DEVTRIO_WERROR=y \
		CONFIG_DEBUG_INFO_BTF_MODULES= modules

cli: build/cli/devtrio ## the utility, in build/cli/

build/cli/devtrio: $(cli_objects:%=build/cli/%)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(cli_libs) -pthread

build/cli/%.o: src/cli/%.c $(cli_headers) dkms.conf Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(cli_cflags) -c -o $@ $<

# What the firmware of a Raspberry Pi adds to its device tree.
build/beepctrl.dtbo: udev/devtrio-beepctrl.dts
	@mkdir -p $(@D)
	dtc -@ -W no-gpios_property -I dts -O dtb -o $@ $<

# The files get the changelog's date and modes that no umask changes, so that the
# source package does not tell when and by whom they were checked out.
deb: ## the Debian packages and their source, in build/deb/
	@tests/vm/host-setup build
	rm -rf build/deb
	mkdir -p build/deb/devtrio-$(VERSION)
	tar -c --exclude=./build --exclude=./.git --exclude=__pycache__ \
		--mtime=@$$(dpkg-parsechangelog -S Timestamp) --mode=u+rw,go=rX . | \
		tar -xp -C build/deb/devtrio-$(VERSION)
	cd build/deb/devtrio-$(VERSION) && dpkg-buildpackage --no-sign >../build.log 2>&1 || \
		{ tail -n 30 ../build.log; exit 1; }
	rm -rf build/deb/devtrio-$(VERSION)
	@ls build/deb/*.deb

# BuildRequires are what Fedora calls its packages: a host whose rpm knows of none
# (Debian) has them from host-setup. As for Debian, all has the changelog's date. The
# source package, which has the spec as it is when its macros are expanded, is made in
# folders without a path, and for any number of CPUs.
rpm_time = $$(date -u +%s -d "$$(sed -n '/^%changelog/{n;s/^\* \(.*20..\) .*/\1/p}' rpm/devtrio.spec)")
rpmbuild = SOURCE_DATE_EPOCH=$$time rpmbuild \
	--define '_buildhost localhost' --define 'use_source_date_epoch_as_buildtime 1' \
	--define 'clamp_mtime_to_source_date_epoch 1' --define '_srcdefattr (-,root,root)' \
	--define '_build_name_fmt %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm' \
	$$(rpm -q rpm >/dev/null 2>&1 || echo --nodeps) $(RPMBUILDFLAGS)
rpm_folders = --define '_topdir $(1)/work' --define '_sourcedir $(1)' \
	--define '_rpmdir $(1)' --define '_srcrpmdir $(1)'

not_source := $(patsubst %,--exclude='%',__pycache__ *.o *.ko *.mod *.mod.c *.cmd \
	.tmp_versions .module-common.c Module.symvers modules.order)

rpm: ## the RPM packages, in build/rpm/
	@! command -v dpkg-query >/dev/null || tests/vm/host-setup build rpm
	rm -rf build/rpm
	mkdir -p build/rpm
	time=$(rpm_time); umask 022; { \
		tar -c --exclude=./build --exclude=./.git $(not_source) --sort=name \
			--mtime=@$$time --mode=u+rw,go=rX --owner=0 --group=0 --numeric-owner \
			--transform='s,^\.,devtrio-$(VERSION),' . | \
			gzip -n >build/rpm/devtrio-$(VERSION).tar.gz && \
		$(rpmbuild) $(call rpm_folders,$(CURDIR)/build/rpm) -bb rpm/devtrio.spec && \
		cp rpm/devtrio.spec build/rpm/ && cd build/rpm && \
		$(rpmbuild) $(call rpm_folders,.) --define '_smp_mflags -j1' \
			-bs devtrio.spec; \
	} >build/rpm.log 2>&1 || { tail -n 30 build/rpm.log; exit 1; }
	rm -rf build/rpm/work build/rpm/devtrio.spec
	@ls build/rpm/*.rpm

kmod: ## the drivers for the kernel KVER= as packages, signed with KEY= and CERT=, in build/kmod/
	@! command -v dpkg-query >/dev/null || tests/vm/host-setup build rpm
	@KDIR='$(KDIR)' ROOT='$(ROOT)' OUT='$(OUT)' .ci/kmod '$(KVER)' '$(KEY)' '$(CERT)'

repo: ## repositories for apt and dnf, signed with gpg's KEY=, in build/repo/
	@tests/vm/host-setup build rpm repo $(if $(SUITE),vm)
	@.ci/repo '$(KEY)' '$(SUITE)'

release: ## version VERSION= from what is committed: tested, with checksums and SBOM, in build/release/
	@tests/vm/host-setup build rpm release
	@CHECK='$(CHECK)' .ci/release '$(VERSION)'

install: cli build/beepctrl.dtbo ## utility, man pages, completion, headers, examples and policy files, below DESTDIR
	install -D -t $(DESTDIR)$(bindir) build/cli/devtrio
	install -D -m 644 -t $(DESTDIR)$(mandir)/man1 src/man/*.1
	install -D -m 644 -t $(DESTDIR)$(mandir)/man4 src/man/*.4
	install -D -m 644 src/completion/devtrio.bash \
		$(DESTDIR)$(bashcompletiondir)/devtrio
	install -D -m 644 -t $(DESTDIR)$(zshcompletiondir) src/completion/_devtrio
	install -D -m 644 -t $(DESTDIR)$(fishcompletiondir) \
		src/completion/devtrio.fish
	install -D -m 644 -t $(DESTDIR)$(includedir)/devtrio src/uapi/devtrio/*.h
	install -D -m 644 -t $(DESTDIR)$(examplesdir) src/examples/*
	install -D -m 644 udev/devtrio.rules \
		$(DESTDIR)$(prefix)/lib/udev/rules.d/60-devtrio.rules
	install -D -m 644 udev/devtrio.sysusers \
		$(DESTDIR)$(prefix)/lib/sysusers.d/devtrio.conf
	install -D -m 644 udev/devtrio.modules-load \
		$(DESTDIR)$(prefix)/lib/modules-load.d/devtrio.conf
	install -D -m 644 -t $(DESTDIR)$(prefix)/lib/systemd/system \
		udev/devtrio-rambuf.service
	install -D -m 644 -t $(DESTDIR)$(datadir) src/cli/status.schema.json
	install -D udev/devtrio.kernel-hook \
		$(DESTDIR)$(sysconfdir)/kernel/postinst.d/zz-devtrio
	install -D udev/devtrio.kernel-hook \
		$(DESTDIR)$(sysconfdir)/kernel/header_postinst.d/zz-devtrio
	install -D udev/devtrio.kernel-hook \
		$(DESTDIR)$(kernelinstalldir)/90-devtrio.install
	install -D udev/devtrio.drivers \
		$(DESTDIR)$(libexecdir)/devtrio/drivers
	install -D -m 644 -t $(DESTDIR)$(prefix)/lib/devtrio/overlays \
		build/beepctrl.dtbo

clean: ## removes build/ and what a build left in src/modules
	rm -rf build
	find src/modules \( -name '*.o' -o -name '*.ko' -o -name '*.mod' \
		-o -name '*.mod.c' -o -name '.*.cmd' -o -name modules.order \
		-o -name .module-common.c \
		-o -name Module.symvers -o -name .tmp_versions \) -exec rm -rf {} +

distclean: clean ## and says how to drop the cached Debian roots
	@echo "The Debian roots stay for the next clone. To drop them as well:"
	@echo "  tests/vm/in-root / rm -rf $$(tests/vm/root cache)"

# The utility, checked while it runs: by address and by what C leaves undefined.
sanitize := -O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=all \
	-fsanitize=address,undefined

build/sanitize/%.o: src/cli/%.c $(cli_headers) dkms.conf Makefile
	@mkdir -p $(@D)
	$(CC) $(sanitize) $(cli_cflags) -c -o $@ $<

build/sanitize/devtrio: $(cli_objects:%=build/sanitize/%)
	$(CC) $(sanitize) -o $@ $^ $(cli_libs) -pthread

build/sanitize/test_%: tests/cli/test_%.c $(cli_logic:%=build/sanitize/%)
	$(CC) $(sanitize) $(cli_cflags) -o $@ $^ -lcmocka $(cli_libs) -pthread

sanitize-tests: build/sanitize/devtrio $(cli_tests:build/cli-tests/%=build/sanitize/%)

# Fuzzers: what tests/fuzz/fuzz_cli.c has a fake_...() for is what the utility
# calls there instead of the library's.
fuzzers := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
fuzz_cc = clang $(sanitize) $(cli_cflags) -Wno-missing-prototypes \
	-Wno-unused-parameter

build/fuzz/objects/%.o: src/cli/%.c $(cli_headers) dkms.conf Makefile
	@mkdir -p $(@D)
	$(fuzz_cc) -fsanitize=fuzzer-no-link -Dmain=devtrio_main -c -o $@ $<

build/fuzz/objects/fuzz_%.o: tests/fuzz/fuzz_%.c tests/fuzz/fuzz.h $(cli_headers) Makefile
	@mkdir -p $(@D)
	$(fuzz_cc) -c -o $@ $<

build/fuzz/%: build/fuzz/objects/fuzz_%.o $(cli_objects:%=build/fuzz/objects/%)
	nm --defined-only $< | sed -n 's/.* [TB] fake_\(.*\)/\1 fake_\1/p' >$@.fakes
	ld -r -o $@.o $(cli_objects:%=build/fuzz/objects/%)
	objcopy --redefine-syms=$@.fakes $@.o
	clang $(sanitize) -fsanitize=fuzzer -o $@ $< $@.o $(cli_libs) -pthread
	@rm $@.o

fuzz-programs: $(fuzzers:%=build/fuzz/%)

# Against the drivers, in a debug kernel.
build/fuzz-drivers/drivers: tests/fuzz/drivers.c tests/fuzz/driver_calls.c \
		tests/fuzz/driver_calls.h $(wildcard src/uapi/devtrio/*.h) Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -std=gnu11 $(warnings) -Wno-unused-parameter \
		-D_GNU_SOURCE -Isrc/uapi -o $@ $(filter %.c,$^) -pthread

fuzz: ## what mutates the utility's input and calls of the drivers until something breaks, TIME=60 seconds each
	@tests/vm/host-setup build cli vm debug
	@FUZZ_TIME=$(or $(TIME),60) prove --timer --failures -v tests/fuzz \
		tests/vm/debug/fuzz.t

cli-tests: $(cli_tests) cli
drivers-tests: $(driver_tests) $(driver_examples) cli
	@cp build/cli/devtrio $(BEEP) build/drivers-tests/

build/cli-tests/%: tests/cli/%.c $(wildcard tests/cli/*.h) $(cli_logic:%=build/cli/%) $(cli_headers)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(cli_cflags) $(LDFLAGS) -o $@ $< \
		$(cli_logic:%=build/cli/%) -lcmocka $(cli_libs) -pthread

build/drivers-tests/%: tests/drivers/%.c $(wildcard tests/drivers/*.h) $(wildcard src/uapi/devtrio/*.h)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -std=gnu11 $(warnings) -Wno-unused-parameter \
		-D_GNU_SOURCE -Isrc/uapi -o $@ $< -lcmocka -pthread

bench-programs: $(bench_programs) $(bench_bpf)

build/bench/programs/%: tests/bench/%.c $(wildcard src/uapi/devtrio/*.h) Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -std=gnu11 $(warnings) -D_GNU_SOURCE -Isrc/uapi -o $@ $< \
		$(bench_libs_$*) -pthread

build/bench/programs/%.bpf.o: tests/bench/%.bpf.c $(wildcard src/uapi/devtrio/*.h) Makefile
	@mkdir -p $(@D)
	clang -O2 -g -Wall -target bpf -Isrc/uapi \
		-I/usr/include/$$($(CC) -print-multiarch) -c -o $@ $<

build/drivers-tests/example_%: src/examples/%.c $(wildcard src/uapi/devtrio/*.h)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(warnings) -Isrc/uapi -o $@ $<

build/drivers-tests/example_%.py: src/examples/%.py
	@mkdir -p $(@D)
	cp $< $@

build/man-examples/taken: tests/drivers/man-examples $(wildcard src/man/*)
	tests/drivers/man-examples $(@D) build/drivers-tests src/man/*
	@touch $@

build/drivers-tests/man_%: build/man-examples/taken
	$(CC) $(CFLAGS) $(warnings) -Werror -Isrc/uapi -o $@ $(<D)/man_$*.c

build/drivers-tests/python3: src/examples/proc_relate.py tests/drivers/pack-python
	tests/drivers/pack-python $< $(@D)

.PHONY: help demo check check-debug matrix lifecycle bench modules cli deb rpm kmod \
	repo release install clean distclean cli-tests drivers-tests bench-programs \
	sanitize-tests fuzz-programs fuzz
