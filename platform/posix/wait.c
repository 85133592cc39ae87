/* Waiting and events. poll() has no limit on a descriptor's value, unlike select(). */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "plat_clock.h"
#include "plat_lock.h"
#include "plat_net.h"

/** A connection waits for a few things at once: more than this takes memory for the wait. */
#define WAIT_ON_STACK 16

/** What is woken is not closed meanwhile: its number could be another's then. */
static plat_mutex wake_lock = PLAT_MUTEX_INITIALIZER;

int plat_event_open(plat_stream *event)
{
    int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

    *event = PLAT_STREAM_NONE;
    if (fd < 0) {
        return errno;
    }
    event->h = fd;
    return PLAT_OK;
}

void plat_event_set(plat_stream event)
{
    uint64_t one = 1;
    ssize_t put;

    do {
        put = write((int)event.h, &one, sizeof(one));
    } while (put < 0 && errno == EINTR); /* EAGAIN: the counter is full, hence set */
}

void plat_event_clear(plat_stream event)
{
    uint64_t count;
    ssize_t got;

    do {
        got = read((int)event.h, &count, sizeof(count));
    } while (got < 0 && errno == EINTR);
}

plat_stream plat_wake_swap(plat_stream *wake, plat_stream to)
{
    plat_stream before;

    plat_mutex_lock(&wake_lock);
    before = *wake;
    *wake = to;
    plat_mutex_unlock(&wake_lock);
    return before;
}

void plat_wake(const plat_stream *wake)
{
    plat_mutex_lock(&wake_lock);
    if (plat_stream_is_open(*wake) && shutdown((int)wake->h, SHUT_RDWR) != 0 && errno == ENOTSOCK) {
        plat_event_set(*wake);
    }
    plat_mutex_unlock(&wake_lock);
}

/** @return how many descriptors there are to wait for */
static size_t fill(struct pollfd *polls, const struct plat_wait_item *items, size_t count)
{
    size_t used = 0;

    for (size_t i = 0; i < count; i++) {
        uint8_t want = items[i].want;
        int events =
            ((want & PLAT_READ) != 0 ? POLLIN : 0) | ((want & PLAT_WRITE) != 0 ? POLLOUT : 0);

        polls[i] = (struct pollfd){.fd = events == 0 ? -1 : (int)items[i].stream.h,
                                   .events = (short)events};
        used += polls[i].fd >= 0;
    }
    return used;
}

static void report(const struct pollfd *polls, struct plat_wait_item *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int got = polls[i].revents;

        items[i].ready = (uint8_t)(((got & POLLIN) != 0 ? PLAT_READ : 0) |
                                   ((got & POLLOUT) != 0 ? PLAT_WRITE : 0));
        if ((got & (POLLERR | POLLHUP | POLLNVAL)) != 0) {
            items[i].ready = PLAT_READ | PLAT_WRITE;
        }
    }
}

static int poll_until(struct pollfd *polls, size_t count, uint64_t deadline_us)
{
    for (;;) {
        uint64_t now = plat_clock_us();
        uint64_t left = deadline_us > now ? deadline_us - now : 0;
        struct timespec t = {.tv_sec = (time_t)(left / 1000000u),
                             .tv_nsec = (long)(left % 1000000u) * 1000};
        int got = ppoll(polls, count, deadline_us == PLAT_NEVER ? NULL : &t, NULL);

        if (got > 0) {
            return PLAT_OK;
        }
        if (got < 0 && errno != EINTR) {
            return errno;
        }
        if (deadline_us != PLAT_NEVER && plat_clock_us() >= deadline_us) {
            return PLAT_AGAIN;
        }
    }
}

int plat_wait(struct plat_wait_item *items, size_t count, uint64_t deadline_us)
{
    struct pollfd on_stack[WAIT_ON_STACK];
    struct pollfd *polls = on_stack;
    int err;

    if (count > WAIT_ON_STACK) {
        polls = calloc(count, sizeof(*polls));
        if (polls == NULL) {
            return ENOMEM;
        }
    }
    if (fill(polls, items, count) == 0 && deadline_us == PLAT_NEVER) {
        err = EDEADLK;
    } else {
        err = poll_until(polls, count, deadline_us);
    }
    if (err == PLAT_OK || err == PLAT_AGAIN) {
        report(polls, items, count);
    }
    if (polls != on_stack) {
        free(polls);
    }
    return err;
}
