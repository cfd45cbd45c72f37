/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BEEPCTRL_BUZZER_H
#define BEEPCTRL_BUZZER_H

#include <linux/types.h>

struct beepctrl_info;
struct file;

void buzzers_reserve(const char * const *names, unsigned int count);
unsigned int buzzers_count(void);
int buzzer_switch(u32 index, bool on, struct file *player);
int buzzer_get_info(struct beepctrl_info *info, struct file *asker);
void buzzers_silence(struct file *player);

int beepctrl_driver_register(void);
void beepctrl_driver_unregister(void);

#endif /* BEEPCTRL_BUZZER_H */
