/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BEEPCTRL_LINES_H
#define BEEPCTRL_LINES_H

int beep_lines_register(const char * const *entries, unsigned int count);
void beep_lines_unregister(void);

#endif /* BEEPCTRL_LINES_H */
