// SPDX-License-Identifier: GPL-2.0-only
/*
 * Timing of sounds. All times are relative to the start of the sound, never to
 * the current time: a late timer delays an edge, but changes neither the pitch
 * nor the next note.
 */
#include <linux/atomic.h>
#include <linux/gpio/consumer.h>
#include <linux/hrtimer.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/time64.h>

#include "buzzer.h"

/*
 * Minimum gap between the edges of a buzzer, times the number of tones: limits
 * all buzzers together to 100,000 interrupts per second.
 */
#define MIN_GAP_NS	(10 * NSEC_PER_USEC)

/* Retry interval for a line that could not be switched off. */
#define RETRY_NS	(250 * NSEC_PER_MSEC)

/* Longer stalls of the machine delay a pattern; shorter ones skip edges. */
#define STALL_NS	(200 * NSEC_PER_MSEC)

unsigned int beep_max_on_ms = 30000;
DECLARE_WAIT_QUEUE_HEAD(beep_wait);
static atomic_t tones_sounding = ATOMIC_INIT(0);

static bool is_tone(const struct beep_buzzer *buzzer)
{
	return buzzer->frequency != BEEPCTRL_REST &&
	       buzzer->frequency != BEEPCTRL_STEADY;
}

static void begin_step(struct beep_buzzer *buzzer, u32 frequency, ktime_t start,
		       ktime_t end)
{
	buzzer->frequency = frequency;
	buzzer->step_end = end;
	buzzer->wanted = frequency != BEEPCTRL_REST;
	if (is_tone(buzzer)) {
		buzzer->half = DIV_ROUND_CLOSEST(NSEC_PER_SEC / 2, frequency);
		buzzer->edge = ktime_add_ns(start, buzzer->half);
	}
}

static void begin_play_step(struct beep_buzzer *buzzer, ktime_t start)
{
	const struct beepctrl_step *step =
		&buzzer->playing->steps[buzzer->step];

	begin_step(buzzer, step->frequency, start,
		   ktime_add_ms(start, step->duration));
}

static void begin_play(struct beep_buzzer *buzzer, struct beep_pattern *play,
		       ktime_t start)
{
	buzzer->playing = play;
	buzzer->player = play->player;
	buzzer->step = 0;
	buzzer->round = 0;
	begin_play_step(buzzer, start);
}

/* Ends the current sound and starts the next one in the queue. */
static void end_sound(struct beep_buzzer *buzzer, ktime_t now)
{
	struct beep_pattern *next;

	next = list_first_entry_or_null(&buzzer->queue, struct beep_pattern,
					entry);
	kfree(buzzer->playing);
	buzzer->playing = NULL;
	buzzer->player = NULL;
	begin_step(buzzer, BEEPCTRL_REST, now, KTIME_MAX);
	if (next) {
		list_del(&next->entry);
		buzzer->queued--;
		begin_play(buzzer, next, now);
	}
	wake_up_all(&beep_wait);
}

static void drop_queue(struct beep_buzzer *buzzer, const void *player)
{
	struct beep_pattern *play, *next;

	list_for_each_entry_safe(play, next, &buzzer->queue, entry) {
		if (player && play->player != player)
			continue;
		list_del(&play->entry);
		buzzer->queued--;
		kfree(play);
	}
}

static void end_all(struct beep_buzzer *buzzer, ktime_t now)
{
	drop_queue(buzzer, NULL);
	end_sound(buzzer, now);
}

static void end_step(struct beep_buzzer *buzzer)
{
	struct beep_pattern *play = buzzer->playing;
	ktime_t now = buzzer->step_end;
	bool last;

	if (++buzzer->step == play->count) {
		buzzer->step = 0;
		buzzer->round++;
		last = play->repeat ? buzzer->round == play->repeat :
				      !list_empty(&buzzer->queue);
		if (last) {
			end_sound(buzzer, now);
			return;
		}
	}
	begin_play_step(buzzer, now);
}

static void pass_edges(struct beep_buzzer *buzzer, ktime_t now)
{
	s64 late = ktime_sub(now, buzzer->edge);
	u64 edges;

	if (late < 0)
		return;
	/* Skip the edges that are already due. */
	edges = div_u64(late, buzzer->half) + 1;
	buzzer->edge = ktime_add_ns(buzzer->edge, edges * buzzer->half);
	if (edges & 1)
		buzzer->wanted = !buzzer->wanted;
}

static void switch_line(struct beep_buzzer *buzzer)
{
	int err;

	if (buzzer->wanted == buzzer->level || buzzer->sleeps || !buzzer->gpiod)
		return;

	err = gpiod_set_value(buzzer->gpiod, buzzer->wanted);
	if (err)
		buzzer->error = -err;
	/* A failed switch may have taken effect: assume on, to switch it off. */
	buzzer->level = err || buzzer->wanted;
}

static void count_tone(struct beep_buzzer *buzzer)
{
	bool tone = is_tone(buzzer);

	if (tone == buzzer->counted)
		return;
	atomic_add(tone ? 1 : -1, &tones_sounding);
	buzzer->counted = tone;
}

/* Time of the next event, or KTIME_MAX. */
static ktime_t next_event(struct beep_buzzer *buzzer, ktime_t now)
{
	ktime_t next = min(buzzer->step_end, buzzer->deadline);
	ktime_t soonest;
	u64 gap;

	count_tone(buzzer);
	if (!buzzer->player) {
		if (buzzer->gpiod && buzzer->level)
			return ktime_add_ns(now, RETRY_NS);
		return KTIME_MAX;
	}
	if (is_tone(buzzer)) {
		gap = MIN_GAP_NS * atomic_read(&tones_sounding);
		soonest = ktime_add_ns(now, gap);
		next = max(min(next, buzzer->edge), soonest);
	}
	return next;
}

static void arm(struct beep_buzzer *buzzer, ktime_t now)
{
	buzzer->armed = next_event(buzzer, now);
	if (buzzer->armed == KTIME_MAX)
		/* A running callback finds nothing to do. */
		hrtimer_try_to_cancel(&buzzer->timer);
	else
		hrtimer_start(&buzzer->timer, buzzer->armed, HRTIMER_MODE_ABS);
}

static void settle_line(struct beep_buzzer *buzzer, ktime_t now)
{
	switch_line(buzzer);
	if (buzzer->error && buzzer->player) {
		end_all(buzzer, now);
		switch_line(buzzer);
	}
}

/* Update line and timer from the state. */
static void settle(struct beep_buzzer *buzzer, ktime_t now)
{
	settle_line(buzzer, now);
	arm(buzzer, now);
}

static enum hrtimer_restart player_run(struct hrtimer *timer)
{
	struct beep_buzzer *buzzer = container_of(timer, struct beep_buzzer,
						  timer);
	enum hrtimer_restart restart = HRTIMER_NORESTART;
	unsigned long flags;
	ktime_t now;
	s64 late;

	spin_lock_irqsave(&buzzer->lock, flags);
	if (!buzzer->player && !buzzer->level)
		goto unlock;

	now = ktime_get();
	late = ktime_sub(now, buzzer->armed);
	if (buzzer->playing && late > STALL_NS) {
		buzzer->step_end = ktime_add_ns(buzzer->step_end, late);
		buzzer->edge = ktime_add_ns(buzzer->edge, late);
	}
	if (buzzer->player && ktime_compare(now, buzzer->deadline) >= 0)
		end_all(buzzer, now);
	while (buzzer->playing && ktime_compare(now, buzzer->step_end) >= 0)
		end_step(buzzer);
	if (is_tone(buzzer))
		pass_edges(buzzer, now);
	settle_line(buzzer, now);
	if (buzzer->sleeps && buzzer->wanted != buzzer->level)
		queue_work(system_highpri_wq, &buzzer->work);

	/*
	 * A command may have started the timer while this waited for the lock:
	 * then start it again. A later command overrides HRTIMER_RESTART.
	 */
	if (hrtimer_is_queued(timer)) {
		arm(buzzer, now);
	} else {
		buzzer->armed = next_event(buzzer, now);
		hrtimer_set_expires(timer, buzzer->armed);
		if (buzzer->armed != KTIME_MAX)
			restart = HRTIMER_RESTART;
	}
unlock:
	spin_unlock_irqrestore(&buzzer->lock, flags);
	return restart;
}

static void set_deadline(struct beep_buzzer *buzzer, ktime_t now)
{
	/* The parameter core writes it without a lock. */
	unsigned int limit = data_race(READ_ONCE(beep_max_on_ms));

	buzzer->deadline = limit ? ktime_add_ms(now, limit) : KTIME_MAX;
}

/**
 * beep_player_sound() - start a sound without an end
 * @buzzer: slot; its current sound and queue are dropped
 * @player: owner of the sound
 * @frequency: as in struct beepctrl_step, but no rest
 */
void beep_player_sound(struct beep_buzzer *buzzer, const void *player,
		       u32 frequency)
{
	ktime_t now = ktime_get();

	lockdep_assert_held(&buzzer->lock);

	if (buzzer->player)
		end_all(buzzer, now);
	buzzer->error = 0;
	buzzer->player = player;
	begin_step(buzzer, frequency, now, KTIME_MAX);
	set_deadline(buzzer, now);
	settle(buzzer, now);
}

/**
 * beep_player_play() - start or queue a pattern
 * @buzzer: slot
 * @play: pattern; the buzzer takes ownership
 * @queue: play after the current sound
 */
void beep_player_play(struct beep_buzzer *buzzer, struct beep_pattern *play,
		      bool queue)
{
	ktime_t now = ktime_get();

	lockdep_assert_held(&buzzer->lock);

	set_deadline(buzzer, now);
	if (queue && buzzer->playing) {
		list_add_tail(&play->entry, &buzzer->queue);
		buzzer->queued++;
	} else {
		if (buzzer->player)
			end_all(buzzer, now);
		buzzer->error = 0;
		begin_play(buzzer, play, now);
	}
	settle(buzzer, now);
}

/**
 * beep_player_stop() - stop the sounds that one player plays or has queued
 * @buzzer: slot
 * @player: owner of the sounds
 */
void beep_player_stop(struct beep_buzzer *buzzer, const void *player)
{
	ktime_t now = ktime_get();

	lockdep_assert_held(&buzzer->lock);

	if (!beep_player_has(buzzer, player))
		return;
	buzzer->error = 0;
	drop_queue(buzzer, player);
	if (buzzer->player == player)
		end_sound(buzzer, now);
	else
		wake_up_all(&beep_wait);
	settle(buzzer, now);
}

/**
 * beep_player_silence() - stop the sound and empty the queue
 * @buzzer: slot
 */
void beep_player_silence(struct beep_buzzer *buzzer)
{
	ktime_t now = ktime_get();

	lockdep_assert_held(&buzzer->lock);

	buzzer->error = 0;
	end_all(buzzer, now);
	settle(buzzer, now);
}

/**
 * beep_player_has() - check whether a player plays or has queued a sound
 * @buzzer: slot
 * @player: player
 */
bool beep_player_has(const struct beep_buzzer *buzzer, const void *player)
{
	const struct beep_pattern *play;

	lockdep_assert_held(&buzzer->lock);

	if (buzzer->player == player)
		return true;
	list_for_each_entry(play, &buzzer->queue, entry)
		if (play->player == player)
			return true;
	return false;
}

/* Switches a line that sleeps; returns true if it failed and ended a sound. */
static bool follow(struct beep_buzzer *buzzer)
{
	struct gpio_desc *gpiod;
	bool wanted, due, ended = false;
	int err;

	lockdep_assert_held(&buzzer->command);

	spin_lock_irq(&buzzer->lock);
	gpiod = buzzer->gpiod;
	wanted = buzzer->wanted;
	due = gpiod && buzzer->sleeps && wanted != buzzer->level;
	spin_unlock_irq(&buzzer->lock);
	if (!due)
		return false;

	err = gpiod_set_value_cansleep(gpiod, wanted);

	spin_lock_irq(&buzzer->lock);
	buzzer->level = err || wanted;
	if (err) {
		buzzer->error = -err;
		ended = buzzer->player;
		if (ended)
			end_all(buzzer, ktime_get());
		arm(buzzer, ktime_get());
	}
	/* wanted may have changed meanwhile, and the timer saw the old level. */
	if (!err && buzzer->wanted != buzzer->level)
		queue_work(system_highpri_wq, &buzzer->work);
	spin_unlock_irq(&buzzer->lock);

	return ended;
}

/**
 * beep_player_follow() - switch a line that sleeps to the wanted level
 * @buzzer: slot; the caller holds its command lock
 */
void beep_player_follow(struct beep_buzzer *buzzer)
{
	if (follow(buzzer))
		follow(buzzer);
}

static void player_work(struct work_struct *work)
{
	struct beep_buzzer *buzzer = container_of(work, struct beep_buzzer,
						  work);

	mutex_lock(&buzzer->command);
	beep_player_follow(buzzer);
	mutex_unlock(&buzzer->command);
}

void beep_player_init(struct beep_buzzer *buzzer)
{
	mutex_init(&buzzer->command);
	spin_lock_init(&buzzer->lock);
	hrtimer_setup(&buzzer->timer, player_run, CLOCK_MONOTONIC,
		      HRTIMER_MODE_ABS);
	INIT_WORK(&buzzer->work, player_work);
	INIT_LIST_HEAD(&buzzer->queue);
	buzzer->step_end = KTIME_MAX;
	buzzer->deadline = KTIME_MAX;
}
