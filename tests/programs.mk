# SPDX-License-Identifier: GPL-2.0-only
# Lists of tests that the Makefile's targets run, and rules that build the test
# programs. Included by the Makefile.

# The kernels of tests/vm/kernels that `make check` tests.
KERNELS ?= 5.10 6.1 newest
TESTS ?= tests/static tests/devtrio $(unit_tests) tests/fuzz \
	$(filter-out tests/vm/linux-%.t,$(wildcard tests/vm/*.t)) \
	$(KERNELS:%=tests/vm/linux-%.t) tests/vm/linux-6.1-rt.t tests/vm/debug/uml.t \
	tests/bench \
	$(addprefix tests/lifecycle/,demo.t slice.t dkms.t)

# Fastest first, except for coverage.t, which sums up the coverage of the others.
debug_tests := $(addprefix tests/vm/debug/,uml.t faults.t net.t drivers.t races.t \
	reload.t reload-kasan.t fuzz.t coverage.t)

# tests/lifecycle/matrix runs the stories and the rows of slice.t itself.
lifecycle_tests := $(filter-out tests/lifecycle/slice.t tests/lifecycle/story-%.t, \
	$(wildcard tests/lifecycle/*.t))

uapi := $(wildcard src/uapi/devtrio/*.h)
test_cc = $(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -std=gnu11 $(warnings) \
	-Wno-unused-parameter -D_GNU_SOURCE -ffile-prefix-map=$(CURDIR)=. -Isrc/uapi

# The utility's unit tests.
unit_tests := $(patsubst tests/devtrio/%.c,build/unit-tests/%,$(wildcard tests/devtrio/test_*.c))
tested_objects := $(filter-out main.o,$(utility_objects))

unit-tests: $(unit_tests) devtrio

build/unit-tests/%: tests/devtrio/%.c $(wildcard tests/devtrio/*.h) \
		$(tested_objects:%=build/devtrio/%) $(utility_headers)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(utility_cflags) $(LDFLAGS) -o $@ $< \
		$(tested_objects:%=build/devtrio/%) -lcmocka $(utility_libs) -pthread

# The unit tests with the address and undefined behaviour sanitizers.
sanitize := -O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=all \
	-fsanitize=address,undefined

sanitize-tests: build/sanitize/devtrio $(unit_tests:build/unit-tests/%=build/sanitize/%)

build/sanitize/%.o: src/devtrio/%.c $(utility_headers) dkms.conf Makefile
	@mkdir -p $(@D)
	$(CC) $(sanitize) $(utility_cflags) -c -o $@ $<

# Looking for leaks needs /proc, which the machines of fake_machine.py lack.
build/sanitize/devtrio: $(utility_objects:%=build/sanitize/%)
	echo 'extern char *getenv(const char *);' \
		'int __lsan_is_turned_off(void) { return getenv("FAKE_RELEASE") != 0; }' | \
		$(CC) -x c -c -o build/sanitize/leaks.o -
	$(CC) $(sanitize) -static-libasan -o $@ $^ build/sanitize/leaks.o $(utility_libs) -pthread

build/sanitize/test_%: tests/devtrio/test_%.c $(tested_objects:%=build/sanitize/%)
	$(CC) $(sanitize) $(utility_cflags) -o $@ $^ -lcmocka $(utility_libs) -pthread

# The utility's fuzzers. If tests/fuzz/fuzz_cli.c defines fake_NAME(), the utility calls
# it instead of the library function NAME().
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

# The drivers' fuzzer, which runs in a debug kernel.
build/fuzz-drivers/drivers: tests/fuzz/drivers.c tests/fuzz/driver_calls.c \
		tests/fuzz/driver_calls.h $(uapi) Makefile
	@mkdir -p $(@D)
	$(test_cc) -o $@ $(filter %.c,$^) -lcmocka -pthread

# The drivers' tests, and all programs that they run in the guest.
selftests := $(patsubst tests/selftests/%.c,build/selftests/%,$(wildcard tests/selftests/*.c))
examples := $(addprefix build/selftests/,example_proc_relate example_proc_relate.py python3 \
	man_proc_relate man_beepctrl man_rambuf)
# Debian's beep program, which can sound our buzzers.
BEEP = $(shell command -v beep)

# Those with tests for a live machine, which `devtrio test` runs.
live_selftests := $(patsubst tests/%.c,build/%,$(shell \
	grep -lE 'live_test|sound_test' tests/selftests/*.c))
live-selftests: $(live_selftests)

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

# The benchmarks, and the object file of the BPF peer.
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

.PHONY: unit-tests sanitize-tests fuzz-programs selftests live-selftests bench-programs
