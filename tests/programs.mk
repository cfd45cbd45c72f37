# SPDX-License-Identifier: GPL-2.0-only
# What the targets for tests run, and how the test programs are built. Included by the
# Makefile.

# `make check` runs these kernels of tests/vm/kernels.
KERNELS ?= 5.10 6.1 newest
TESTS ?= tests/static tests/devtrio $(unit_tests) tests/fuzz \
	$(filter-out tests/vm/linux-%.t,$(wildcard tests/vm/*.t)) \
	$(KERNELS:%=tests/vm/linux-%.t) tests/vm/linux-6.1-rt.t tests/bench \
	$(addprefix tests/lifecycle/,demo.t slice.t dkms.t)

# From quick to slow; coverage.t sums up what the others ran.
debug_tests := $(addprefix tests/vm/debug/,uml.t faults.t net.t drivers.t races.t \
	reload.t reload-kasan.t fuzz.t coverage.t)

# tests/lifecycle/matrix has run the stories and all rows of the slice.
lifecycle_tests := $(filter-out tests/lifecycle/slice.t tests/lifecycle/story-%.t, \
	$(wildcard tests/lifecycle/*.t))

uapi := $(wildcard src/uapi/devtrio/*.h)
test_cc = $(CC) $(CFLAGS) -std=gnu11 $(warnings) -Wno-unused-parameter -D_GNU_SOURCE \
	-Isrc/uapi

# The utility's unit tests.
unit_tests := $(patsubst tests/devtrio/%.c,build/unit-tests/%,$(wildcard tests/devtrio/test_*.c))
tested_objects := $(filter-out main.o,$(utility_objects))

unit-tests: $(unit_tests) devtrio

build/unit-tests/%: tests/devtrio/%.c $(wildcard tests/devtrio/*.h) \
		$(tested_objects:%=build/devtrio/%) $(utility_headers)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(utility_cflags) $(LDFLAGS) -o $@ $< \
		$(tested_objects:%=build/devtrio/%) -lcmocka $(utility_libs) -pthread

# The same with sanitizers for addresses and undefined behaviour.
sanitize := -O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=all \
	-fsanitize=address,undefined

sanitize-tests: build/sanitize/devtrio $(unit_tests:build/unit-tests/%=build/sanitize/%)

build/sanitize/%.o: src/devtrio/%.c $(utility_headers) dkms.conf Makefile
	@mkdir -p $(@D)
	$(CC) $(sanitize) $(utility_cflags) -c -o $@ $<

build/sanitize/devtrio: $(utility_objects:%=build/sanitize/%)
	$(CC) $(sanitize) -o $@ $^ $(utility_libs) -pthread

build/sanitize/test_%: tests/devtrio/test_%.c $(tested_objects:%=build/sanitize/%)
	$(CC) $(sanitize) $(utility_cflags) -o $@ $^ -lcmocka $(utility_libs) -pthread

# Fuzzers of the utility: where tests/fuzz/fuzz_cli.c defines fake_NAME(), the utility
# calls that instead of the library's NAME().
fuzzers := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
fuzz_cc = clang $(sanitize) $(utility_cflags) -Wno-missing-prototypes \
	-Wno-unused-parameter

fuzz-programs: $(fuzzers:%=build/fuzz/%)

build/fuzz/objects/%.o: src/devtrio/%.c $(utility_headers) dkms.conf Makefile
	@mkdir -p $(@D)
	$(fuzz_cc) -fsanitize=fuzzer-no-link -Dmain=devtrio_main -c -o $@ $<

build/fuzz/objects/fuzz_%.o: tests/fuzz/fuzz_%.c tests/fuzz/fuzz.h $(utility_headers) Makefile
	@mkdir -p $(@D)
	$(fuzz_cc) -c -o $@ $<

build/fuzz/%: build/fuzz/objects/fuzz_%.o $(utility_objects:%=build/fuzz/objects/%)
	nm --defined-only $< | sed -n 's/.* [TB] fake_\(.*\)/\1 fake_\1/p' >$@.fakes
	ld -r -o $@.o $(utility_objects:%=build/fuzz/objects/%)
	objcopy --redefine-syms=$@.fakes $@.o
	clang $(sanitize) -fsanitize=fuzzer -o $@ $< $@.o $(utility_libs) -pthread
	@rm $@.o

# The fuzzer of the drivers, for a debug kernel.
build/fuzz-drivers/drivers: tests/fuzz/drivers.c tests/fuzz/driver_calls.c \
		tests/fuzz/driver_calls.h $(uapi) Makefile
	@mkdir -p $(@D)
	$(test_cc) -o $@ $(filter %.c,$^) -pthread

# The drivers' tests, with all that they run in the guest.
selftests := $(patsubst tests/selftests/%.c,build/selftests/%,$(wildcard tests/selftests/*.c))
examples := $(addprefix build/selftests/,example_proc_relate example_proc_relate.py python3 \
	man_proc_relate man_beepctrl man_rambuf)
# The usual beep program, which can sound our buzzers.
BEEP = $(shell command -v beep)

selftests: $(selftests) $(examples) devtrio
	@cp build/devtrio/devtrio $(BEEP) build/selftests/

build/selftests/%: tests/selftests/%.c $(wildcard tests/selftests/*.h) $(uapi)
	@mkdir -p $(@D)
	$(test_cc) -o $@ $< -lcmocka -pthread

build/selftests/example_%: src/examples/%.c $(uapi)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(warnings) -Isrc/uapi -o $@ $<

build/selftests/example_%.py: src/examples/%.py
	@mkdir -p $(@D)
	cp $< $@

build/man-examples/taken: tests/vm/man-examples $(wildcard src/man/*)
	tests/vm/man-examples $(@D) build/selftests src/man/*
	@touch $@

build/selftests/man_%: build/man-examples/taken
	$(CC) $(CFLAGS) $(warnings) -Werror -Isrc/uapi -o $@ $(<D)/man_$*.c

build/selftests/python3: src/examples/proc_relate.py tests/vm/pack-python
	tests/vm/pack-python $< $(@D)

# The benchmarks, and for the BPF peer its object.
bench_libs_proc_relate := -lbpf
bench_libs_beepctrl := -lgpiod

bench-programs: $(patsubst tests/bench/%.c,build/bench/programs/%, \
		$(filter-out %.bpf.c,$(wildcard tests/bench/*.c))) \
	$(patsubst tests/bench/%.c,build/bench/programs/%.o,$(wildcard tests/bench/*.bpf.c))

build/bench/programs/%: tests/bench/%.c $(uapi) Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -std=gnu11 $(warnings) -D_GNU_SOURCE -Isrc/uapi -o $@ $< \
		$(bench_libs_$*) -pthread

build/bench/programs/%.bpf.o: tests/bench/%.bpf.c $(uapi) Makefile
	@mkdir -p $(@D)
	clang -O2 -g -Wall -target bpf -Isrc/uapi \
		-I/usr/include/$$($(CC) -print-multiarch) -c -o $@ $<

.PHONY: unit-tests sanitize-tests fuzz-programs selftests bench-programs
