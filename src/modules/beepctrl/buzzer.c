// SPDX-License-Identifier: GPL-2.0-only
/* Buzzer slots and commands. */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/gpio/consumer.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/nospec.h>
#include <linux/preempt.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "buzzer.h"

/*
 * Serializes slot assignment; taken outside the locks of the slots. The count
 * only grows and is published after its last slot: lookups need no lock.
 */
static DEFINE_MUTEX(buzzers_lock);
static struct beep_buzzer buzzers[BEEPCTRL_MAX_BUZZERS];
static unsigned int configured;

/**
 * beep_init() - initialize the slots and reserve the first for lines=
 * @names: entries of lines=
 * @count: number of entries, at most BEEPCTRL_MAX_BUZZERS
 */
void __init beep_init(const char * const *names, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(buzzers); i++)
		beep_player_init(&buzzers[i]);
	for (i = 0; i < count; i++) {
		strscpy(buzzers[i].name, names[i], sizeof(buzzers[i].name));
		buzzers[i].reserved = true;
	}
	/* Pairs with beep_count(). */
	smp_store_release(&configured, count);
}

unsigned int beep_count(void)
{
	/* Pairs with beep_init() and beep_bind(): slots below are ready. */
	return smp_load_acquire(&configured);
}

static struct beep_buzzer *end_of_buzzers(void)
{
	return buzzers + beep_count();
}

unsigned int beep_index(const struct beep_buzzer *buzzer)
{
	return buzzer - buzzers;
}

static struct beep_buzzer *find_buzzer(u32 index)
{
	unsigned int count = beep_count();

	if (!count)
		return ERR_PTR(-ENODEV);
	if (index >= count)
		return ERR_PTR(-EINVAL);
	return &buzzers[array_index_nospec(index, ARRAY_SIZE(buzzers))];
}

/*
 * command_begin() excludes other commands. The caller then changes the state
 * under the buzzer's lock, and command_end() switches a line that sleeps.
 */
static struct beep_buzzer *command_begin(u32 index)
{
	struct beep_buzzer *buzzer = find_buzzer(index);

	if (!IS_ERR(buzzer) && mutex_lock_interruptible(&buzzer->command))
		return ERR_PTR(-ERESTARTSYS);
	return buzzer;
}

static int command_end(struct beep_buzzer *buzzer, int err)
{
	beep_player_follow(buzzer);
	if (!err) {
		spin_lock_irq(&buzzer->lock);
		err = -buzzer->error;
		spin_unlock_irq(&buzzer->lock);
	}
	mutex_unlock(&buzzer->command);
	return err;
}

/**
 * beep_switch() - switch a buzzer on or off, whoever owns its sound
 * @index: index of the buzzer
 * @on: on or off
 * @player: file that owns the sound from now on
 *
 * Return: 0, -EINVAL, -ENODEV, -ERESTARTSYS or the GPIO chip's error.
 */
int beep_switch(u32 index, bool on, const struct file *player)
{
	struct beep_buzzer *buzzer = command_begin(index);
	int err = 0;

	if (IS_ERR(buzzer))
		return PTR_ERR(buzzer);
	spin_lock_irq(&buzzer->lock);
	if (!buzzer->gpiod)
		err = -ENODEV;
	else if (on)
		beep_player_sound(buzzer, player, BEEPCTRL_STEADY);
	else
		beep_player_silence(buzzer);
	spin_unlock_irq(&buzzer->lock);
	return command_end(buzzer, err);
}

/**
 * beep_stop() - stop the sounds that a file plays or has queued
 * @index: index of the buzzer
 * @player: file
 *
 * Return: as beep_switch().
 */
int beep_stop(u32 index, const struct file *player)
{
	struct beep_buzzer *buzzer = command_begin(index);
	bool has_line, has_sound;
	int err;

	if (IS_ERR(buzzer))
		return PTR_ERR(buzzer);
	spin_lock_irq(&buzzer->lock);
	has_line = buzzer->gpiod;
	has_sound = beep_player_has(buzzer, player);
	beep_player_stop(buzzer, player);
	spin_unlock_irq(&buzzer->lock);
	err = command_end(buzzer, has_line ? 0 : -ENODEV);
	/* Do not report an error that ended the sound of another file. */
	return has_line && !has_sound ? 0 : err;
}

static bool has_tones(const struct beep_pattern *play)
{
	u32 i;

	for (i = 0; i < play->count; i++)
		if (play->steps[i].frequency != BEEPCTRL_REST &&
		    play->steps[i].frequency != BEEPCTRL_STEADY)
			return true;
	return false;
}

/**
 * beep_play() - play a pattern
 * @index: index of the buzzer
 * @play: pattern; consumed, also on error
 * @queue: play after the current sound
 *
 * Return: 0, -EINVAL, -ENODEV, -EOPNOTSUPP, -EAGAIN, -ERESTARTSYS or the GPIO
 * chip's error.
 */
int beep_play(u32 index, struct beep_pattern *play, bool queue)
{
	bool tones = has_tones(play);
	struct beep_buzzer *buzzer;
	int err = 0;

	buzzer = command_begin(index);
	if (IS_ERR(buzzer)) {
		kfree(play);
		return PTR_ERR(buzzer);
	}

	spin_lock_irq(&buzzer->lock);
	if (!buzzer->gpiod)
		err = -ENODEV;
	else if (buzzer->sleeps && tones)
		err = -EOPNOTSUPP;
	else if (queue && buzzer->queued == BEEPCTRL_MAX_QUEUED)
		err = -EAGAIN;
	else
		beep_player_play(buzzer, play, queue);
	spin_unlock_irq(&buzzer->lock);

	if (err)
		kfree(play);
	return command_end(buzzer, err);
}

/**
 * beep_tone() - start or stop a tone from an input event
 * @buzzer: slot
 * @player: input device
 * @frequency: in Hz, or BEEPCTRL_REST. A line that sleeps just switches on.
 */
void beep_tone(struct beep_buzzer *buzzer, const void *player, u32 frequency)
{
	unsigned long flags;

	spin_lock_irqsave(&buzzer->lock, flags);
	if (frequency == BEEPCTRL_REST) {
		beep_player_stop(buzzer, player);
	} else if (buzzer->gpiod) {
		beep_player_sound(buzzer, player,
				  buzzer->sleeps ? BEEPCTRL_STEADY : frequency);
	}
	if (buzzer->sleeps)
		queue_work(system_highpri_wq, &buzzer->work);
	spin_unlock_irqrestore(&buzzer->lock, flags);
}

static u32 buzzer_flags(const struct beep_buzzer *buzzer,
			const struct file *asker)
{
	u32 flags = 0;

	lockdep_assert_held(&buzzer->lock);

	if (!buzzer->gpiod)
		return BEEPCTRL_ABSENT;
	if (buzzer->frequency != BEEPCTRL_REST || buzzer->level)
		flags |= BEEPCTRL_SOUNDING;
	if (buzzer->player == asker)
		flags |= BEEPCTRL_MINE;
	if (buzzer->playing)
		flags |= BEEPCTRL_PLAYING;
	if (buzzer->sleeps)
		flags |= BEEPCTRL_SLEEPS;
	return flags;
}

/**
 * beep_get_info() - get the state of a buzzer
 * @info: in: the index, out: all other fields
 * @asker: file whose sounds are reported as BEEPCTRL_MINE
 *
 * Return: 0, -EINVAL or -ENODEV.
 */
int beep_get_info(struct beepctrl_info *info, const struct file *asker)
{
	struct beep_buzzer *buzzer = find_buzzer(info->index);

	if (IS_ERR(buzzer))
		return PTR_ERR(buzzer);

	spin_lock_irq(&buzzer->lock);
	info->count = beep_count();
	info->flags = buzzer_flags(buzzer, asker);
	info->frequency = buzzer->frequency;
	info->step = buzzer->playing ? buzzer->step : 0;
	info->round = buzzer->playing ? buzzer->round : 0;
	info->queued = buzzer->queued;
	info->max_on_ms = READ_ONCE(beep_max_on_ms);
	info->error = buzzer->error;
	memcpy(info->name, buzzer->name, sizeof(info->name));
	spin_unlock_irq(&buzzer->lock);

	return 0;
}

/**
 * beep_stop_all() - stop the sounds of a file on all buzzers
 * @player: file being released
 */
void beep_stop_all(const struct file *player)
{
	struct beep_buzzer *buzzer;

	for (buzzer = buzzers; buzzer < end_of_buzzers(); buzzer++) {
		mutex_lock(&buzzer->command);
		spin_lock_irq(&buzzer->lock);
		beep_player_stop(buzzer, player);
		spin_unlock_irq(&buzzer->lock);
		command_end(buzzer, 0);
	}
}

/**
 * beep_poll() - implement poll()
 * @player: file
 * @wait: poll table
 */
__poll_t beep_poll(struct file *player, poll_table *wait)
{
	bool sounding = false, present = false;
	struct beep_buzzer *buzzer;

	poll_wait(player, &beep_wait, wait);
	for (buzzer = buzzers; buzzer < end_of_buzzers(); buzzer++) {
		spin_lock_irq(&buzzer->lock);
		present |= !!buzzer->gpiod;
		sounding |= beep_player_has(buzzer, player);
		spin_unlock_irq(&buzzer->lock);
	}

	if (sounding)
		return 0;
	return EPOLLIN | EPOLLRDNORM | (present ? 0 : EPOLLERR | EPOLLHUP);
}

/*
 * Find an unbound slot. Order of preference: the slot reserved for a device
 * from lines=, the previous slot of the same line, an unused one, any.
 */
static struct beep_buzzer *find_slot(int id, const char *name)
{
	struct beep_buzzer *end = buzzers + ARRAY_SIZE(buzzers);
	struct beep_buzzer *buzzer, *unused = NULL, *left = NULL;

	lockdep_assert_held(&buzzers_lock);

	if (id >= 0 && id < ARRAY_SIZE(buzzers) && buzzers[id].reserved &&
	    !buzzers[id].dev)
		return &buzzers[id];

	for (buzzer = buzzers; buzzer < end; buzzer++) {
		if (buzzer->reserved || buzzer->dev)
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

/**
 * beep_bind() - assign a slot to a line
 * @dev: device of the line
 * @id: id of the platform device
 * @gpiod: line, low
 * @name: new name of the slot unless it is reserved
 *
 * Return: the slot, or NULL if none is free.
 */
struct beep_buzzer *beep_bind(struct device *dev, int id,
			      struct gpio_desc *gpiod, const char *name)
{
	struct beep_buzzer *buzzer;

	mutex_lock(&buzzers_lock);
	buzzer = find_slot(id, name);
	if (buzzer) {
		spin_lock_irq(&buzzer->lock);
		if (!buzzer->reserved)
			strscpy(buzzer->name, name, sizeof(buzzer->name));
		buzzer->dev = dev;
		buzzer->gpiod = gpiod;
		buzzer->sleeps = gpiod_cansleep(gpiod);
		buzzer->level = false;
		buzzer->error = 0;
		spin_unlock_irq(&buzzer->lock);
		if (beep_count() <= beep_index(buzzer))
			/* Pairs with beep_count(). */
			smp_store_release(&configured, beep_index(buzzer) + 1);
	}
	mutex_unlock(&buzzers_lock);

	return buzzer;
}

/**
 * beep_miss() - record why a buzzer of lines= has no line
 * @id: id of the platform device
 * @err: error of the GPIO core
 */
void beep_miss(int id, int err)
{
	struct beep_buzzer *buzzer;

	if (id < 0 || id >= ARRAY_SIZE(buzzers) || !buzzers[id].reserved)
		return;
	buzzer = &buzzers[id];
	spin_lock_irq(&buzzer->lock);
	if (!buzzer->gpiod)
		buzzer->error = err == -EPROBE_DEFER ? ENOENT : -err;
	spin_unlock_irq(&buzzer->lock);
}

/* Attempts to switch off a line that sleeps before it is released. */
#define OFF_TRIES	3

/* From now on commands return -ENODEV and nothing accesses the line. */
static void take_line(struct beep_buzzer *buzzer)
{
	struct gpio_desc *gpiod;
	unsigned int i;

	mutex_lock(&buzzer->command);
	spin_lock_irq(&buzzer->lock);
	beep_player_silence(buzzer);
	gpiod = buzzer->gpiod;
	buzzer->gpiod = NULL;
	buzzer->level = false;
	spin_unlock_irq(&buzzer->lock);
	for (i = 0; gpiod && buzzer->sleeps && i < OFF_TRIES; i++)
		if (!gpiod_set_value_cansleep(gpiod, false))
			break;
	mutex_unlock(&buzzer->command);

	hrtimer_cancel(&buzzer->timer);
	cancel_work_sync(&buzzer->work);
}

/**
 * beep_unbind() - silence a line and remove it from its slot
 * @buzzer: slot
 */
void beep_unbind(struct beep_buzzer *buzzer)
{
	take_line(buzzer);

	mutex_lock(&buzzers_lock);
	spin_lock_irq(&buzzer->lock);
	buzzer->dev = NULL;
	buzzer->link = NULL;
	spin_unlock_irq(&buzzer->lock);
	mutex_unlock(&buzzers_lock);
}

/**
 * beep_unbind_device() - silence a device's lines permanently
 * @dev: device; beep_unbind() can still follow
 */
void beep_unbind_device(struct device *dev)
{
	struct beep_buzzer *buzzer;

	mutex_lock(&buzzers_lock);
	for (buzzer = buzzers; buzzer < end_of_buzzers(); buzzer++)
		if (buzzer->dev == dev)
			take_line(buzzer);
	mutex_unlock(&buzzers_lock);
}

/**
 * beep_silence_device() - silence a device's lines
 * @dev: device
 */
void beep_silence_device(struct device *dev)
{
	struct beep_buzzer *buzzer;

	for (buzzer = buzzers; buzzer < end_of_buzzers(); buzzer++) {
		mutex_lock(&buzzer->command);
		spin_lock_irq(&buzzer->lock);
		if (buzzer->dev == dev)
			beep_player_silence(buzzer);
		spin_unlock_irq(&buzzer->lock);
		command_end(buzzer, 0);
	}
}

/**
 * beep_panic() - silence the buzzers in a panic
 *
 * Skip a buzzer whose lock is held: its owner may be stopped inside the GPIO
 * chip's driver with the driver's locks held. Skip a line that sleeps, which
 * would never return, and one that is silent, because the chip's driver may be
 * stopped in an access to another line. On PREEMPT_RT spinlocks sleep and
 * cannot be taken in an interrupt.
 */
void beep_panic(void)
{
	struct beep_buzzer *buzzer;

	if (IS_ENABLED(CONFIG_PREEMPT_RT) && in_interrupt())
		return;

	for (buzzer = buzzers; buzzer < end_of_buzzers(); buzzer++) {
		if (!spin_trylock(&buzzer->lock))
			continue;
		if (buzzer->gpiod && !buzzer->sleeps &&
		    (buzzer->level || buzzer->wanted))
			gpiod_set_value(buzzer->gpiod, false);
		/* Timers may run again after the panic notifiers. */
		buzzer->gpiod = NULL;
		spin_unlock(&buzzer->lock);
	}
}
