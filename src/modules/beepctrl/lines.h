/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BEEPCTRL_LINES_H
#define BEEPCTRL_LINES_H

int lines_register(const char * const *entries, unsigned int count);
void lines_unregister(void);

#endif /* BEEPCTRL_LINES_H */
