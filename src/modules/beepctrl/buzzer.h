/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BEEPCTRL_BUZZER_H
#define BEEPCTRL_BUZZER_H

#include <linux/hrtimer.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <devtrio/beepctrl.h>

struct device;
struct device_link;
struct file;
struct gpio_desc;

/**
 * struct beep_pattern - a pattern, copied from user space
 * @entry: entry in &beep_buzzer.queue
 * @player: file that owns the pattern
 * @repeat: as in struct beepctrl_play
 * @count: number of @steps
 * @steps: validated steps
 *
 * beep_play() takes ownership from the caller.
 */
struct beep_pattern {
	struct list_head entry;
	const void *player;
	u32 repeat;
	u32 count;
	struct beepctrl_step steps[];
};

/**
 * struct beep_buzzer - a slot, addressed by its index
 * @name: entry of lines= or device tree node; empty until configured. A
 *	configured slot stays configured.
 * @reserved: reserved for an entry of lines=, bound or not
 * @command: serializes commands and the switching of a line that sleeps
 * @lock: protects all fields below but @link and @writer; nests inside @command
 * @gpiod: line, NULL while no chip provides it. Owned by the driver core, valid
 *	until beep_unbind() removes it.
 * @dev: device the slot is bound to
 * @link: link from @dev to the GPIO chip's device, or NULL. Used only when
 *	binding and unbinding.
 * @sleeps: @gpiod sleeps
 * @timer: expires at the next event, runs player_run()
 * @work: switches a line that sleeps to @wanted
 * @player: owner of the sound, NULL in silence. A file or an input device; only
 *	compared, never dereferenced: both stop their sounds before they go.
 * @writer: process that made the sound, if @player is an input device
 * @frequency: current sound, as in struct beepctrl_step
 * @half: half period of a tone, in ns
 * @edge: time of the next edge of a tone
 * @step_end: end of the step, or KTIME_MAX
 * @deadline: time at which any sound must end, or KTIME_MAX
 * @armed: expiry of @timer
 * @counted: included in tones_sounding
 * @wanted: wanted level of the line
 * @level: level last set
 * @error: see struct beepctrl_info
 * @playing: current pattern, NULL in silence and for sounds without an end
 * @step: current step of @playing
 * @round: completed repetitions of @playing
 * @queue: queued patterns
 * @queued: number of patterns in @queue
 *
 * Slots live as long as the module and need no references. Only @gpiod comes
 * and goes: read it under @lock.
 *
 * Commands, the timer and input events change the state under @lock alone. They
 * switch a line that does not sleep at once. A line that sleeps follows later:
 * after a command before @command is released, otherwise from @work.
 *
 * @name, @reserved and @dev only change with buzzers_lock held as well.
 */
struct beep_buzzer {
	char name[BEEPCTRL_NAME_LEN];
	bool reserved;
	struct mutex command;	/* one command at a time */
	spinlock_t lock;	/* protects the fields below */

	struct gpio_desc *gpiod;
	struct device *dev;
	struct device_link *link;
	bool sleeps;

	struct hrtimer timer;
	struct work_struct work;

	const void *player;
	pid_t writer;
	u32 frequency;
	u32 half;
	ktime_t edge;
	ktime_t step_end;
	ktime_t deadline;
	ktime_t armed;
	bool counted;
	bool wanted;
	bool level;
	int error;

	struct beep_pattern *playing;
	u32 step;
	u32 round;
	struct list_head queue;
	u32 queued;
};

/* buzzer.c: commands */
void beep_init(const char * const *names, unsigned int count);
unsigned int beep_count(void);
int beep_switch(u32 index, bool on, const struct file *player);
int beep_play(u32 index, struct beep_pattern *play, bool queue);
int beep_stop(u32 index, const struct file *player);
int beep_get_info(struct beepctrl_info *info, const struct file *asker);
void beep_tone(struct beep_buzzer *buzzer, const void *player, u32 frequency);
void beep_stop_all(const struct file *player);
__poll_t beep_poll(struct file *player, poll_table *wait);
void beep_panic(void);

/* buzzer.c: slots, for device.c */
struct beep_buzzer *beep_bind(struct device *dev, int id,
			      struct gpio_desc *gpiod, const char *name);
void beep_unbind(struct beep_buzzer *buzzer);
void beep_miss(int id, int err);
void beep_unbind_device(struct device *dev);
void beep_silence_device(struct device *dev);
unsigned int beep_index(const struct beep_buzzer *buzzer);

/* player.c: called with the lock held, except _init() and _follow() */
void beep_player_init(struct beep_buzzer *buzzer);
void beep_player_sound(struct beep_buzzer *buzzer, const void *player,
		       u32 frequency);
void beep_player_play(struct beep_buzzer *buzzer, struct beep_pattern *play,
		      bool queue);
void beep_player_stop(struct beep_buzzer *buzzer, const void *player);
void beep_player_silence(struct beep_buzzer *buzzer);
bool beep_player_has(const struct beep_buzzer *buzzer, const void *player);
void beep_player_follow(struct beep_buzzer *buzzer);
extern wait_queue_head_t beep_wait;
extern unsigned int beep_max_on_ms;

/* device.c */
int beep_driver_register(void);
void beep_driver_unregister(void);

/* input.c */
#if IS_ENABLED(CONFIG_INPUT)
int beep_add_input(struct device *dev, struct beep_buzzer *buzzer);
#else
static inline int beep_add_input(struct device *dev, struct beep_buzzer *buzzer)
{
	return 0;
}
#endif

#endif /* BEEPCTRL_BUZZER_H */
