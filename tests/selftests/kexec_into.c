// SPDX-License-Identifier: GPL-2.0-only
/*
 * Boot another kernel without an initramfs: kexec_into VMLINUZ
 */
#include <fcntl.h>
#include <linux/kexec.h>
#include <linux/reboot.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static const char command_line[] = "console=ttyS0 panic=-1";
	int fd = argc == 2 ? open(argv[1], O_RDONLY) : -1;

	if (fd < 0 || syscall(SYS_kexec_file_load, fd, -1, sizeof(command_line),
			      command_line, KEXEC_FILE_NO_INITRAMFS)) {
		perror("kexec_file_load");
		return 1;
	}
	syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
		LINUX_REBOOT_CMD_KEXEC, NULL);
	perror("reboot");
	return 1;
}
