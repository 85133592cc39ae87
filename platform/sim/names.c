/* Name look-ups with scripted answers. */
#define _GNU_SOURCE
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "plat_heap.h"
#include "sim.h"

#define NAME_ADDRS 16
#define HOST_LEN   1024 /* as on POSIX */

struct name {
    struct name *next;
    uint64_t delay_us;
    bool is_never;
    int resolver_code;
    size_t addr_count;
    struct plat_addr addrs[NAME_ADDRS];
    char host[];
};

struct plat_resolve {
    struct plat_resolve *next;
    uint64_t due;
    bool is_done;
    int error;
    int resolver_code;
    size_t addr_count;
    struct plat_addr addrs[NAME_ADDRS];
    plat_stream wake;
};

static struct name *names;
static struct plat_resolve *jobs;
static unsigned lookups;

/* --- the script ----------------------------------------------------------------------------- */

static struct name *name_new(const char *host)
{
    struct name *name = sim_memory(sizeof(*name) + strlen(host) + 1);

    memcpy(name->host, host, strlen(host));
    name->next = names;
    names = name;
    return name;
}

void sim_name(const char *host, const char *addrs, uint64_t delay_us, int resolver_code)
{
    struct name *name = name_new(host);

    name->delay_us = delay_us;
    name->resolver_code = addrs == NULL ? resolver_code : 0;
    while (addrs != NULL && *addrs != '\0') {
        size_t len = strcspn(addrs, " ");

        if (len > 0 && (name->addr_count == NAME_ADDRS ||
                        !plat_addr_parse(addrs, len, &name->addrs[name->addr_count++]))) {
            abort(); /* the test's own script is wrong */
        }
        addrs += len;
        addrs += strspn(addrs, " ");
    }
}

void sim_name_never(const char *host)
{
    name_new(host)->is_never = true;
}

static const struct name *find_host(const char *host, size_t len)
{
    for (const struct name *name = names; name != NULL; name = name->next) {
        if (strlen(name->host) == len && strncasecmp(name->host, host, len) == 0) {
            return name;
        }
    }
    return NULL;
}

unsigned sim_lookups(void)
{
    return lookups;
}

/* --- look-ups ------------------------------------------------------------------------------- */

/** A look-up that was dropped is freed memory on POSIX. */
static void check_is_job(const struct plat_resolve *job, const char *call)
{
    const struct plat_resolve *at = jobs;

    while (at != NULL && at != job) {
        at = at->next;
    }
    if (at == NULL) {
        sim_misuse(call, "no look-up, or one that was dropped already");
    }
}

bool sim_names_will_set(plat_stream event)
{
    const struct plat_resolve *job = jobs;

    while (job != NULL && (job->is_done || job->wake.h != event.h)) {
        job = job->next;
    }
    return job != NULL;
}

static void fail(struct plat_resolve *job, int resolver_code)
{
    job->error = resolver_code == EAI_MEMORY ? ENOMEM : EIO;
    job->resolver_code = resolver_code;
}

static void keep_addrs(struct plat_resolve *job, const struct plat_addr *addrs, size_t count,
                       int family)
{
    for (size_t i = 0; i < count; i++) {
        if (family == PLAT_AF_ANY || family == addrs[i].family) {
            job->addrs[job->addr_count++] = addrs[i];
        }
    }
    if (job->addr_count == 0) {
        fail(job, EAI_NONAME);
    }
}

static void answer(struct plat_resolve *job, const char *host, size_t len, int family)
{
    struct plat_addr literal;
    const struct name *name = find_host(host, len);

    job->due = sim_now;
    if (plat_addr_parse(host, len, &literal)) {
        keep_addrs(job, &literal, 1, family);
        job->is_done = true;
        plat_event_set(job->wake);
    } else if (name == NULL) {
        fail(job, EAI_NONAME);
    } else {
        job->due = name->is_never ? PLAT_NEVER : sim_now + name->delay_us;
        if (name->resolver_code != 0) {
            fail(job, name->resolver_code);
        } else {
            keep_addrs(job, name->addrs, name->addr_count, family);
        }
    }
}

int plat_resolve_start(struct plat_resolve **job, const char *host, size_t len, int family,
                       plat_stream wake, struct plat_account *told)
{
    struct plat_resolve *made;

    *job = NULL;
    sim_check_event(wake, "plat_resolve_start");
    if (len == 0 || len > HOST_LEN || memchr(host, '\0', len) != NULL) {
        return EINVAL;
    }
    made = plat_alloc_shared(told, sizeof(*made));
    if (made == NULL) {
        return ENOMEM;
    }
    lookups++;
    made->wake = wake;
    answer(made, host, len, family);
    made->next = jobs;
    jobs = made;
    *job = made;
    return PLAT_OK;
}

int plat_resolve_result(struct plat_resolve *job, struct plat_addr *addrs, size_t cap, size_t *n,
                        int *resolver_code)
{
    check_is_job(job, "plat_resolve_result");
    *n = 0;
    *resolver_code = 0;
    if (!job->is_done) {
        return PLAT_AGAIN;
    }
    if (job->error != PLAT_OK) {
        *resolver_code = job->resolver_code;
        return job->error;
    }
    *n = job->addr_count < cap ? job->addr_count : cap;
    memcpy(addrs, job->addrs, *n * sizeof(*addrs));
    return PLAT_OK;
}

void plat_resolve_drop(struct plat_resolve *job)
{
    struct plat_resolve **at = &jobs;

    if (job == NULL) {
        return;
    }
    check_is_job(job, "plat_resolve_drop");
    while (*at != job) {
        at = &(*at)->next;
    }
    *at = job->next;
    plat_free(job);
}

bool sim_names_run(void)
{
    bool moved = false;

    for (struct plat_resolve *job = jobs; job != NULL; job = job->next) {
        if (!job->is_done && job->due <= sim_now) {
            job->is_done = true;
            plat_event_set(job->wake);
            moved = true;
        }
    }
    return moved;
}

void sim_names_next(uint64_t *next)
{
    for (const struct plat_resolve *job = jobs; job != NULL; job = job->next) {
        sim_soonest(next, job->due);
    }
}

int sim_names_reset(void)
{
    int left = 0;

    while (jobs != NULL) {
        plat_resolve_drop(jobs);
        left++;
    }
    while (names != NULL) {
        struct name *next = names->next;

        free(names);
        names = next;
    }
    lookups = 0;
    return left;
}
