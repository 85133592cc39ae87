/* Threads of a simulated test are real ones, and so are their locks. Around them stands who has
 * which, so that what a real lock leaves undefined ends the test. */
#include "plat_lock.h"

#include <string.h>

#include "sim.h"

static int posix_mutex_init(plat_mutex *mutex);
static void posix_mutex_clear(plat_mutex *mutex);
static void posix_mutex_lock(plat_mutex *mutex);
static void posix_mutex_unlock(plat_mutex *mutex);

#define plat_mutex_init   posix_mutex_init
#define plat_mutex_clear  posix_mutex_clear
#define plat_mutex_lock   posix_mutex_lock
#define plat_mutex_unlock posix_mutex_unlock
#include "../posix/lock.c"
#undef plat_mutex_init
#undef plat_mutex_clear
#undef plat_mutex_lock
#undef plat_mutex_unlock

/** What a lock's memory holds once it was cleared: no lock, free or taken, looks so. */
#define CLEARED 0xDB

/** Looks at a lock that other threads may be taking: whatever they leave there is not CLEARED, so
 *  the race is harmless, and ThreadSanitizer is not asked. */
__attribute__((no_sanitize("thread"))) static bool is_cleared(const plat_mutex *mutex)
{
    const volatile unsigned char *bytes = (const volatile unsigned char *)mutex;
    size_t i = 0;

    while (i < sizeof(*mutex) && bytes[i] == CLEARED) {
        i++;
    }
    return i == sizeof(*mutex);
}

static void check_is_usable(const plat_mutex *mutex, const char *call)
{
    if (is_cleared(mutex)) {
        sim_misuse(call, "it was cleared");
    }
}

int plat_mutex_init(plat_mutex *mutex)
{
    sim_hold_none(mutex, "plat_mutex_init");
    return posix_mutex_init(mutex);
}

void plat_mutex_clear(plat_mutex *mutex)
{
    sim_hold_none(mutex, "plat_mutex_clear");
    check_is_usable(mutex, "plat_mutex_clear");
    posix_mutex_clear(mutex);
    memset(mutex, CLEARED, sizeof(*mutex));
}

void plat_mutex_lock(plat_mutex *mutex)
{
    sim_hold_check(mutex, "plat_mutex_lock");
    check_is_usable(mutex, "plat_mutex_lock");
    posix_mutex_lock(mutex);
    sim_hold(mutex, "plat_mutex_lock");
}

void plat_mutex_unlock(plat_mutex *mutex)
{
    sim_release(mutex, "plat_mutex_unlock");
    posix_mutex_unlock(mutex);
}
