// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ask the package manager what is installed, and what it could install.
 */
#include <stdio.h>
#include <string.h>

#include "doctor.h"

/* The distribution's, if its tools are there; else the one whose tools are there. */
static enum manager find_manager(void)
{
	bool apt = has_tool("dpkg-query"), dnf = has_tool("dnf"), debian, fedora;
	char words[NAME_SIZE];

	ask(words, "sh", "-c", ". /etc/os-release && echo \" $ID $ID_LIKE \"");
	debian = strstr(words, " debian ") || strstr(words, " ubuntu ");
	fedora = strstr(words, " fedora ") || strstr(words, " rhel ") ||
		 strstr(words, " centos ");
	if (apt != dnf)
		return apt ? MANAGER_APT : MANAGER_DNF;
	if (debian == fedora)
		return MANAGER_UNKNOWN;
	return debian ? MANAGER_APT : MANAGER_DNF;
}

/* The package with what DKMS builds. */
const char *package_of_modules(const struct machine *machine)
{
	return machine->manager == MANAGER_DNF ? "dkms-devtrio" : "devtrio-dkms";
}

void manager_read(struct machine *machine)
{
	char output[512], state[64];
	const char *package;
	bool dnf;
	int code;

	machine->manager = find_manager();
	dnf = machine->manager == MANAGER_DNF;
	package = package_of_modules(machine);
	code = dnf ? ask(output, "rpm", "--query", "--queryformat",
			 "installed %{VERSION}-%{RELEASE}\n", package) :
		     ask(output, "dpkg-query", "--show",
			 "--showformat=${db:Status-Status} ${Version}\n", package);
	if (code < 0)
		return;
	machine->package = PACKAGE_MISSING;
	if (code || sscanf(output, "%63s %255s", state, machine->package_version) < 1)
		return;
	if (!strcmp(state, "installed") || !strncmp(state, "triggers-", 9))
		machine->package = PACKAGE_INSTALLED;
	else if (strcmp(state, "not-installed") && strcmp(state, "config-files"))
		machine->package = PACKAGE_UNFINISHED;
}

static bool is_installed(const char *package)
{
	char output[64];

	return !ask(output, "dpkg-query", "--show", "--showformat=${db:Status-Status}\n",
		    package) && !strcmp(output, "installed\n");
}

/*
 * Whether a source, which has a URI, offers the package. What dpkg has installed from a
 * local file is in apt's list as well, but apt can't get it again.
 */
static enum answer apt_offers(const char *package)
{
	char output[8192], source[NAME_SIZE], *line, *rest = output;

	if (ask(output, "apt-cache", "policy", package))
		return UNKNOWN;
	while ((line = strsep(&rest, "\n"))) {
		/* "  500 http://deb.debian.org/debian ..." */
		if (sscanf(line, "%*d %255s", source) == 1 && strchr(source, ':'))
			return YES;
	}
	return NO;
}

/**
 * add_package_fix() - have the package manager install a package
 * @doctor: the round of checks
 * @finding: what is wrong
 * @package: its name
 * @again: it is installed already, but damaged
 */
void add_package_fix(struct doctor *doctor, struct finding *finding,
		     const char *package, bool again)
{
	enum manager manager = doctor->machine.manager;

	if (manager == MANAGER_UNKNOWN)
		add_note(finding, "install %s, or what your distribution calls it", package);
	else if (manager == MANAGER_DNF)
		add_fix(finding, "dnf %s -y %s", again ? "reinstall" : "install", package);
	else if (apt_offers(package) == NO)
		add_note(finding, "no source of apt has %s: install the file that it came in%s",
			 package, again ? " again" : "");
	else if (again)
		add_fix(finding, "apt-get install -y --reinstall %s", package);
	else
		add_fix(finding, "apt-get install -y %s", package);
}

/* The installed package that a kernel's image comes from. */
static bool find_owner(const char *release, char owner[NAME_SIZE])
{
	static const char *const places[][2] = {
		{ "/boot/vmlinuz-", "" },
		{ "/lib/modules/", "/vmlinuz" },
		{ "/usr/lib/modules/", "/vmlinuz" },
		{ "/lib/modules/", "/modules.builtin" },
		{ "/usr/lib/modules/", "/modules.builtin" },
	};
	char path[NAME_SIZE * 2], output[4096];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		snprintf(path, sizeof(path), "%s%s%s", places[i][0], release, places[i][1]);
		if (!ask(output, "dpkg-query", "--search", path) &&
		    sscanf(output, "%255[^:, \n]", owner) == 1)
			return true;
	}
	snprintf(owner, NAME_SIZE, "linux-image-%.200s", release);
	return is_installed(owner);
}

/**
 * find_twin() - find the headers that belong to an image
 * @twin: the result: linux-headers-X for linux-image-X, proxmox-headers-X for
 *	proxmox-kernel-X-signed, raspberrypi-kernel-headers for raspberrypi-kernel
 * @image: package of a kernel, or metapackage of kernels
 *
 * Return: whether apt offers it.
 */
static bool find_twin(char twin[NAME_SIZE], const char *image)
{
	const char *at = strstr(image, "image");
	char *suffix;

	snprintf(twin, NAME_SIZE, "%.200s-headers", image);
	if (apt_offers(twin) == YES)
		return true;
	if (!at)
		at = strstr(image, "kernel");
	if (!at)
		return false;
	snprintf(twin, NAME_SIZE, "%.*sheaders%s", (int)(at - image), image,
		 at + strcspn(at, "-"));
	suffix = strstr(twin, "-signed");
	if (!suffix)
		suffix = strstr(twin, "-unsigned");
	if (suffix)
		*suffix = '\0';
	return apt_offers(twin) == YES;
}

/* The package that brings new kernels: an installed one that depends on an image. */
static bool find_metapackage(const struct machine *machine, char name[NAME_SIZE])
{
	static char output[1 << 18];
	char image[NAME_SIZE], *line, *rest, *at;
	int depends;
	size_t i;

	for (i = machine->kernel_count; i-- > 0;) {
		if (!find_owner(machine->kernels[i].release, image))
			continue;
		ask(output, "dpkg-query", "--show",
		    "--showformat=${db:Status-Status} ${Package} ${Depends},\n",
		    "*image*", "*kernel*");
		rest = output;
		while ((line = strsep(&rest, "\n"))) {
			depends = 0;
			sscanf(line, "installed %255s %n", name, &depends);
			at = depends ? strstr(line + depends, image) : NULL;
			if (at && strchr(" ,(", at[strlen(image)]) && strcmp(name, image))
				return true;
		}
	}
	return false;
}

/* Without a name that apt knows, what helps is to know where the kernel came from. */
static void add_origin_note(struct doctor *doctor, struct finding *finding,
			    const char *release, const char *owner)
{
	char meta[NAME_SIZE], twin[NAME_SIZE];

	if (find_metapackage(&doctor->machine, meta) && find_twin(twin, meta) &&
	    apt_offers(meta) == YES)
		add_manual_fix(finding, "apt no longer has the headers of this kernel: this brings the current kernel with its headers; then reboot",
			       "apt-get install %s %s", meta, twin);
	else if (owner)
		add_note(finding, "apt has no headers for it: get them from where the package %s came from, or boot another kernel",
			 owner);
	else
		add_note(finding, "no package has this kernel: it was built by hand or came from outside, and so do its headers; /lib/modules/%s/build must lead to them",
			 release);
}

/* How to get the headers of a kernel, under the name that the distribution gives them. */
void add_headers_fix(struct doctor *doctor, struct finding *finding, const char *release)
{
	char owner[NAME_SIZE], twin[NAME_SIZE], usual[NAME_SIZE], output[1024];
	bool owned;

	if (doctor->machine.manager == MANAGER_UNKNOWN) {
		add_note(finding, "install the headers of this kernel, as your distribution calls them");
		return;
	}
	if (doctor->machine.manager == MANAGER_DNF) {
		/* All flavours provide this capability, +debug and +rt as well. */
		snprintf(usual, sizeof(usual), "kernel-devel-uname-r = %.200s", release);
		if (ask(output, "dnf", "-q", "--cacheonly", "repoquery", "--whatprovides",
			usual) || output[0])
			add_fix(finding, "dnf install -y %s", usual);
		else
			add_manual_fix(finding, "dnf no longer has the headers of this kernel: this brings the current kernel with its headers; then reboot",
				       "dnf upgrade %s", "kernel*");
		return;
	}
	owned = find_owner(release, owner);
	snprintf(usual, sizeof(usual), "linux-headers-%.200s", release);
	if (apt_offers(usual) == UNKNOWN)
		add_note(finding, "apt-cache does not run, so it is unknown which package has the headers");
	else if (owned && find_twin(twin, owner))
		add_package_fix(doctor, finding, twin, false);
	else if (apt_offers(usual) == YES)
		add_package_fix(doctor, finding, usual, false);
	else
		add_origin_note(doctor, finding, release, owned ? owner : NULL);
}

/*
 * If a package brings each new kernel, another one should bring its headers:
 * otherwise DKMS is not even asked to build, and nothing complains.
 */
void report_metapackages(struct doctor *doctor)
{
	char meta[NAME_SIZE], twin[NAME_SIZE];
	struct finding *finding;
	bool offered;

	if (doctor->machine.manager != MANAGER_APT ||
	    !find_metapackage(&doctor->machine, meta))
		return;
	offered = find_twin(twin, meta);
	if (is_installed(twin)) {
		report_ok(doctor, meta, "%s brings the headers", twin);
		return;
	}
	finding = report_warning(doctor, meta, "will bring new kernels, but nothing brings their headers");
	if (offered)
		add_package_fix(doctor, finding, twin, false);
	else
		add_note(finding, "apt has no %s: install the headers of each new kernel yourself",
			 twin);
}

/* Compare the source with the package: the number of files that differ, and the first. */
size_t count_changed_sources(const struct machine *machine, char first[PATH_SIZE])
{
	static char output[1 << 16];
	char *line, *rest = output, *path;
	size_t count = 0;

	if (machine->package != PACKAGE_INSTALLED && machine->package != PACKAGE_UNFINISHED)
		return 0;
	ask(output, machine->manager == MANAGER_DNF ? "rpm" : "dpkg", "--verify",
	    package_of_modules(machine));
	while ((line = strsep(&rest, "\n"))) {
		path = strchr(line, '/');
		/* Time and owner do not change what is built. */
		if (path && !strncmp(path, "/usr/src/", 9) &&
		    (!strncmp(line, "missing", 7) || line[2] == '5') && !count++)
			snprintf(first, PATH_SIZE, "%s", path);
	}
	return count;
}
