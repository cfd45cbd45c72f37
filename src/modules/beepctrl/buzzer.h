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
 * struct beep_pattern - a pattern, copied from its player
 * @entry: in &buzzer.queue, while it waits
 * @player: the file whose it is
 * @repeat: as in struct beepctrl_play
 * @count: how many @steps
 * @steps: checked
 *
 * Belongs to who made it until beep_play() has taken it, then to the buzzer.
 */
struct beep_pattern {
	struct list_head entry;
	const void *player;
	u32 repeat;
	u32 count;
	struct beepctrl_step steps[];
};

/**
 * struct beep_buzzer - a slot that an index leads to
 * @name: the entry of lines= or the device tree node it comes from; empty
 *	until it is configured. A configured slot stays configured.
 * @reserved: it is kept for its entry of lines=, whether bound or not
 * @command: one command at a time; also who switches a line that sleeps
 * @lock: protects all that follows but @link and @writer, and is taken inside @command
 * @gpiod: its line, NULL while no chip provides it. The driver core's until
 *	beep_unbind() has taken it out.
 * @dev: the device it is bound to
 * @link: from @dev to the GPIO chip's device, NULL if that can't be linked to.
 *	For who binds and unbinds only.
 * @sleeps: @gpiod sleeps
 * @timer: expires at the next thing to do, runs player_run()
 * @work: makes a line that sleeps follow @wanted
 * @player: whose the sound is, NULL in silence. A file or an input device, and
 *	only ever compared: both take themselves out before they go.
 * @writer: the process whose sound it is, if @player is an input device
 * @frequency: what sounds, as in struct beepctrl_step
 * @half: half the period of a tone, in ns
 * @edge: when the line changes next, if it is a tone
 * @step_end: when the step ends; KTIME_MAX if it has no end
 * @deadline: when silence is due whatever plays; KTIME_MAX if never
 * @armed: when the timer was to expire
 * @counted: it is one of those in tones_sounding
 * @wanted: what the line should be
 * @level: what the line was last told
 * @error: see struct beepctrl_info
 * @playing: the pattern, NULL in silence and for sounds without an end
 * @step: where in @playing
 * @round: how often @playing has been played
 * @queue: the patterns behind it
 * @queued: how many
 *
 * The slots are there as long as the module; what comes and goes is @gpiod. So
 * nothing has to keep a slot alive, but everybody asks for @gpiod under @lock.
 *
 * The state changes under @lock alone, in a timer's or an event's context too. A
 * line that does not sleep is switched there and then. One that does follows
 * later: after a command at once, before @command is given up, else by @work.
 *
 * @name, @reserved and @dev change only with buzzers_lock held as well.
 */
struct beep_buzzer {
	char name[BEEPCTRL_NAME_LEN];
	bool reserved;
	struct mutex command;	/* one command at a time */
	spinlock_t lock;	/* all that follows */

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

/* buzzer.c: the slots, for those who bring lines */
struct beep_buzzer *beep_bind(struct device *dev, int id,
			      struct gpio_desc *gpiod, const char *name);
void beep_unbind(struct beep_buzzer *buzzer);
void beep_unbind_device(struct device *dev);
void beep_silence_device(struct device *dev);
unsigned int beep_index(const struct beep_buzzer *buzzer);

/* player.c: one buzzer's sound; under its lock, but for the first and the last */
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
