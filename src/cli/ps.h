/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PS_H
#define PS_H

#include <stddef.h>

#include <devtrio/proc_relate.h>

#define PS_LINE_MAX 256

void format_header(char *line, size_t size);
void format_row(char *line, size_t size,
		const struct proc_relate_task *record);
void format_entry(char *line, size_t size,
		  const struct proc_relate_task *record);

int ps_demo(int fd);

#endif /* PS_H */
