/* Faults on demand, and the parts of the platform that only fail: heap and random numbers. */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "plat_heap.h"
#include "plat_random.h"
#include "sim.h"

/** Counts calls; the one at `fail_at` fails, or all from there on. */
struct fault {
    unsigned count;
    unsigned fail_at; /* 0 = off */
    unsigned also_at; /* 0 = off */
    bool is_sticky;
    int os_error;
};

bool sim_is_peer_running;
static struct fault io_fault;
static struct fault alloc_fault;
static struct fault random_fault;
static struct fault open_fault;
static struct fault option_fault;
static enum sim_fault io_how;
static size_t alloc_live;
static uint64_t random_state = 1;
static unsigned wire_seed;
static uint64_t wire_state;

static void arm(struct fault *fault, unsigned nth, int os_error, bool is_sticky)
{
    unsigned count = __atomic_load_n(&fault->count, __ATOMIC_RELAXED);

    *fault = (struct fault){.count = count,
                            .fail_at = nth == 0 ? 0 : count + nth,
                            .is_sticky = is_sticky,
                            .os_error = os_error};
}

static bool strikes(struct fault *fault)
{
    unsigned n;

    if (sim_is_peer_running) {
        return false;
    }
    n = __atomic_add_fetch(&fault->count, 1, __ATOMIC_RELAXED);
    return (fault->fail_at != 0 &&
            (n == fault->fail_at || (fault->is_sticky && n > fault->fail_at))) ||
           (fault->also_at != 0 && n == fault->also_at);
}

void sim_faults_reset(void)
{
    static const struct fault off;

    io_fault = off;
    alloc_fault = off;
    random_fault = off;
    open_fault = off;
    option_fault = off;
    random_state = 1;
    sim_wire_random(0);
}

/* --- reads, writes, opens ------------------------------------------------------------------- */

void sim_fail_io(unsigned nth, enum sim_fault how, int os_error, bool sticky)
{
    arm(&io_fault, nth, os_error, sticky);
    io_how = how;
}

bool sim_fault_io(enum sim_fault *how, int *os_error)
{
    *how = io_how;
    *os_error = io_fault.os_error;
    return strikes(&io_fault);
}

bool sim_fault_is_again_for_good(void)
{
    return io_how == SIM_FAULT_AGAIN && io_fault.is_sticky && io_fault.fail_at != 0 &&
           io_fault.count >= io_fault.fail_at;
}

unsigned sim_io_count(void)
{
    return io_fault.count;
}

void sim_fail_open(unsigned nth, int os_error)
{
    arm(&open_fault, nth, os_error, false);
}

int sim_fault_open(void)
{
    return strikes(&open_fault) ? open_fault.os_error : PLAT_OK;
}

unsigned sim_open_count(void)
{
    return open_fault.count;
}

void sim_fail_option(unsigned nth, int os_error)
{
    arm(&option_fault, nth, os_error, false);
}

int sim_fault_option(void)
{
    return strikes(&option_fault) ? option_fault.os_error : PLAT_OK;
}

unsigned sim_option_count(void)
{
    return option_fault.count;
}

/* --- heap ----------------------------------------------------------------------------------- */

void sim_fail_alloc(unsigned nth, bool sticky)
{
    arm(&alloc_fault, nth, ENOMEM, sticky);
}

void sim_fail_alloc_pair(unsigned first, unsigned second)
{
    arm(&alloc_fault, first, ENOMEM, false);
    alloc_fault.also_at = second == 0 ? 0 : alloc_fault.count + second;
}

unsigned sim_alloc_count(void)
{
    return __atomic_load_n(&alloc_fault.count, __ATOMIC_RELAXED);
}

size_t sim_alloc_live(void)
{
    return __atomic_load_n(&alloc_live, __ATOMIC_RELAXED);
}

void *plat_system_alloc(size_t size, enum plat_region_id id)
{
    void *block = strikes(&alloc_fault) ? NULL : calloc(1, size);

    (void)id;
    if (block != NULL) {
        (void)__atomic_add_fetch(&alloc_live, 1, __ATOMIC_RELAXED);
    }
    return block;
}

void *plat_system_alloc_aligned(size_t alignment, size_t size, enum plat_region_id id)
{
    void *block = NULL;

    (void)id;
    if (strikes(&alloc_fault) || posix_memalign(&block, alignment, size) != 0) {
        return NULL;
    }
    (void)__atomic_add_fetch(&alloc_live, 1, __ATOMIC_RELAXED);
    return memset(block, 0, size);
}

size_t plat_system_size(const void *block)
{
    return malloc_usable_size((void *)(uintptr_t)block);
}

void plat_system_free(void *block, enum plat_region_id id)
{
    (void)id;
    if (block != NULL) {
        (void)__atomic_sub_fetch(&alloc_live, 1, __ATOMIC_RELAXED);
    }
    free(block);
}

/* --- random numbers: splitmix64, so that a test is the same in every run -------------------- */

static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

void sim_fail_random(unsigned nth)
{
    arm(&random_fault, nth, EIO, false);
}

int plat_random(void *buf, size_t len)
{
    uint8_t *out = buf;
    uint64_t bits = 0;

    if (strikes(&random_fault)) {
        return random_fault.os_error;
    }
    for (size_t i = 0; i < len; i++) {
        if (i % 8 == 0) {
            random_state += 0x9E3779B97F4A7C15u;
            bits = mix(random_state);
        }
        out[i] = (uint8_t)(bits >> (i % 8 * 8));
    }
    return 0;
}

/* --- pieces --------------------------------------------------------------------------------- */

void sim_wire_random(unsigned seed)
{
    wire_seed = seed;
    wire_state = seed;
}

size_t sim_split(size_t len, size_t max)
{
    size_t most = max != 0 && max < len ? max : len;
    uint64_t bits;

    if (wire_seed == 0 || most == 0) {
        return most;
    }
    wire_state += 0x9E3779B97F4A7C15u;
    bits = mix(wire_state);
    if ((bits & 3u) == 0) {
        return 1; /* single bytes are the pieces that find most faults of parsers */
    }
    return (size_t)((bits >> 8) % most) + 1;
}
