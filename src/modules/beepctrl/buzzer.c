// SPDX-License-Identifier: GPL-2.0-only
/*
 * The buzzers: which there are, who plays them, and the platform driver that
 * gives them their GPIO lines.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/gpio/consumer.h>
#include <linux/lockdep.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/string.h>

#include <devtrio/beepctrl.h>

#include "buzzer.h"

/**
 * struct buzzer - a slot that an index leads to
 * @name: the entry of lines= or the device tree node it comes from; empty
 *	until it is configured. A configured slot stays configured.
 * @reserved: it is kept for its entry of lines=, whether bound or not
 * @gpiod: its line, NULL while no chip provides it. The driver core's until
 *	beepctrl_remove_buzzer() has taken it out.
 * @sounding: what the line was last told
 * @player: the file that switched it on, NULL when nobody did. Only ever
 *	compared: a file takes itself out before it goes.
 *
 * All of it, in all slots, is protected by buzzers_lock, which is held over
 * the switching too: a line that sleeps delays the other buzzers.
 */
struct buzzer {
	char name[BEEPCTRL_NAME_LEN];
	bool reserved;
	struct gpio_desc *gpiod;
	bool sounding;
	struct file *player;
};

static DEFINE_MUTEX(buzzers_lock);
static struct buzzer buzzers[BEEPCTRL_MAX_BUZZERS];
static unsigned int configured;

static struct buzzer *find_buzzer(u32 index)
{
	lockdep_assert_held(&buzzers_lock);

	if (!configured)
		return ERR_PTR(-ENODEV);
	if (index >= configured)
		return ERR_PTR(-EINVAL);
	return &buzzers[index];
}

static u32 buzzer_flags(const struct buzzer *buzzer, const struct file *asker)
{
	lockdep_assert_held(&buzzers_lock);

	if (!buzzer->gpiod)
		return BEEPCTRL_ABSENT;
	if (!buzzer->sounding)
		return 0;
	return BEEPCTRL_SOUNDING |
	       (buzzer->player == asker ? BEEPCTRL_MINE : 0);
}

static int set_line(struct buzzer *buzzer, bool on, struct file *player)
{
	int err;

	lockdep_assert_held(&buzzers_lock);

	if (!buzzer->gpiod)
		return -ENODEV;

	err = gpiod_set_value_cansleep(buzzer->gpiod, on);
	if (err)
		return err;

	buzzer->sounding = on;
	buzzer->player = on ? player : NULL;
	return 0;
}

/**
 * buzzers_reserve() - keep the first slots for the entries of lines=
 * @names: the entries
 * @count: how many, at most BEEPCTRL_MAX_BUZZERS
 */
void __init buzzers_reserve(const char * const *names, unsigned int count)
{
	unsigned int i;

	mutex_lock(&buzzers_lock);
	for (i = 0; i < count; i++) {
		strscpy(buzzers[i].name, names[i], sizeof(buzzers[i].name));
		buzzers[i].reserved = true;
	}
	configured = count;
	mutex_unlock(&buzzers_lock);
}

/**
 * buzzers_count() - how many buzzers are configured
 *
 * Return: the lowest index that is out of range.
 */
unsigned int buzzers_count(void)
{
	return READ_ONCE(configured);
}

/**
 * buzzer_switch() - sound or silence
 * @index: which buzzer
 * @on: sound
 * @player: the file whose sound it is from now on
 *
 * Return: 0, -EINVAL, -ENODEV, -ERESTARTSYS or the GPIO chip's error.
 */
int buzzer_switch(u32 index, bool on, struct file *player)
{
	struct buzzer *buzzer;
	int err;

	if (mutex_lock_interruptible(&buzzers_lock))
		return -ERESTARTSYS;
	buzzer = find_buzzer(index);
	err = IS_ERR(buzzer) ? PTR_ERR(buzzer) : set_line(buzzer, on, player);
	mutex_unlock(&buzzers_lock);

	return err;
}

/**
 * buzzer_get_info() - a buzzer's state
 * @info: its index is read, the rest is filled in
 * @asker: whose sound is reported as BEEPCTRL_MINE
 *
 * Return: 0, -EINVAL, -ENODEV or -ERESTARTSYS.
 */
int buzzer_get_info(struct beepctrl_info *info, struct file *asker)
{
	struct buzzer *buzzer;
	int err = 0;

	if (mutex_lock_interruptible(&buzzers_lock))
		return -ERESTARTSYS;
	buzzer = find_buzzer(info->index);
	if (IS_ERR(buzzer)) {
		err = PTR_ERR(buzzer);
	} else {
		info->count = configured;
		info->flags = buzzer_flags(buzzer, asker);
		memcpy(info->name, buzzer->name, sizeof(info->name));
	}
	mutex_unlock(&buzzers_lock);

	return err;
}

/**
 * buzzers_silence() - end all that a file still sounds
 * @player: the file, about to go
 */
void buzzers_silence(struct file *player)
{
	struct buzzer *buzzer;

	mutex_lock(&buzzers_lock);
	for (buzzer = buzzers; buzzer < buzzers + configured; buzzer++) {
		if (buzzer->player != player)
			continue;
		if (set_line(buzzer, false, NULL))
			pr_warn_ratelimited("%s does not fall silent\n",
					    buzzer->name);
		buzzer->player = NULL;
	}
	mutex_unlock(&buzzers_lock);
}

static void beepctrl_remove_buzzer(void *data)
{
	struct buzzer *buzzer = data;

	mutex_lock(&buzzers_lock);
	set_line(buzzer, false, NULL);
	buzzer->sounding = false;
	buzzer->player = NULL;
	buzzer->gpiod = NULL;
	mutex_unlock(&buzzers_lock);
}

/*
 * A slot that is not bound: the one that a device made of lines= is numbered
 * for; the one that the same line had before; one that none had; any.
 */
static struct buzzer *find_slot(struct platform_device *pdev, const char *name)
{
	struct buzzer *end = buzzers + ARRAY_SIZE(buzzers);
	struct buzzer *buzzer, *unused = NULL, *left = NULL;

	lockdep_assert_held(&buzzers_lock);

	if (pdev->id >= 0 && pdev->id < ARRAY_SIZE(buzzers) &&
	    buzzers[pdev->id].reserved && !buzzers[pdev->id].gpiod)
		return &buzzers[pdev->id];

	for (buzzer = buzzers; buzzer < end; buzzer++) {
		if (buzzer->reserved || buzzer->gpiod)
			continue;
		if (!strcmp(buzzer->name, name))
			return buzzer;
		if (!unused && !buzzer->name[0])
			unused = buzzer;
		if (!left)
			left = buzzer;
	}

	return unused ?: left;
}

static int beepctrl_add_buzzer(struct platform_device *pdev,
			       struct gpio_desc *gpiod, unsigned int i)
{
	char name[BEEPCTRL_NAME_LEN];
	struct buzzer *buzzer;

	snprintf(name, sizeof(name), "%s:%u", dev_name(&pdev->dev), i);

	mutex_lock(&buzzers_lock);
	buzzer = find_slot(pdev, name);
	if (buzzer) {
		buzzer->gpiod = gpiod;
		if (!buzzer->reserved)
			strscpy(buzzer->name, name, sizeof(buzzer->name));
		configured = max_t(unsigned int, configured,
				   buzzer - buzzers + 1);
	}
	mutex_unlock(&buzzers_lock);

	if (!buzzer)
		return dev_err_probe(&pdev->dev, -ENOSPC,
				     "more than %u buzzers\n",
				     BEEPCTRL_MAX_BUZZERS);
	return devm_add_action_or_reset(&pdev->dev, beepctrl_remove_buzzer,
					buzzer);
}

static int beepctrl_probe(struct platform_device *pdev)
{
	struct gpio_descs *lines;
	unsigned int i;
	int err;

	/* All of them, or none is there for anybody to sound. */
	lines = devm_gpiod_get_array(&pdev->dev, NULL, GPIOD_OUT_LOW);
	if (IS_ERR(lines))
		return dev_err_probe(&pdev->dev, PTR_ERR(lines),
				     "its lines are not to be had\n");

	for (i = 0; i < lines->ndescs; i++) {
		gpiod_set_consumer_name(lines->desc[i], KBUILD_MODNAME);
		err = beepctrl_add_buzzer(pdev, lines->desc[i], i);
		if (err)
			return err;
	}

	return 0;
}

static const struct of_device_id beepctrl_of_match[] = {
	{ .compatible = "devtrio,beepctrl" },
	{ }
};
MODULE_DEVICE_TABLE(of, beepctrl_of_match);

static struct platform_driver beepctrl_driver = {
	.driver = {
		.name = "beepctrl",
		.of_match_table = beepctrl_of_match,
	},
	.probe = beepctrl_probe,
};

int __init beepctrl_driver_register(void)
{
	return platform_driver_register(&beepctrl_driver);
}

void beepctrl_driver_unregister(void)
{
	platform_driver_unregister(&beepctrl_driver);
}
