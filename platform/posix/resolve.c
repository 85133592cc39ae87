/* Host names by getaddrinfo(), which blocks, in threads of our own.
 *
 * A job has two holders: the caller, until plat_resolve_drop(), and the queue or the thread that
 * works on it. The last one to let go frees it. One lock guards all of it; it is held for a few
 * instructions and while a wake event is set, never during a look-up.
 *
 * Each job gets a thread of its own, because nothing ends a look-up whose server is silent, not
 * even a drop. A thread ends when no job is left. There are RESOLVER_THREADS at most. When all of
 * them are busy, one more thread, the sorter, asks for each new name without any server: what
 * /etc/hosts knows is answered, and the others queue for a thread. In this state alone /etc/hosts
 * goes before DNS where nsswitch.conf has it behind.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <resolv.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "plat_heap.h"
#include "plat_lock.h"
#include "plat_net.h"
#include "sockaddr.h"

#define RESOLVER_THREADS   64
#define RESOLVER_ADDRS     16
#define RESOLVER_HOST_LEN  1024
#define RESOLVER_STACK_LEN (256 * 1024) /* address space; NSS modules use up to 128 KB of it */
#define STACK_EXTRA        (64 * 1024)  /* what the C library puts around a stack, and more */

struct plat_resolve {
    struct plat_resolve *next; /* in a queue */
    unsigned holders;
    bool is_done;
    bool is_dropped;
    int family;
    int error;         /* PLAT_OK or an errno value */
    int resolver_code; /* EAI_... */
    size_t addr_count;
    struct plat_addr addrs[RESOLVER_ADDRS];
    plat_stream wake;
    char host[];
};

struct queue {
    struct plat_resolve *first;
    struct plat_resolve **end;
};

static plat_mutex lock = PLAT_MUTEX_INITIALIZER;
static struct queue fresh = {.end = &fresh.first};     /* nobody asked for these names yet */
static struct queue waiting = {.end = &waiting.first}; /* the sorter did: they need a server */
static unsigned threads;                               /* without the sorter */
static bool is_sorting;

static bool is_known(const struct plat_resolve *job, const struct plat_addr *addr)
{
    for (size_t i = 0; i < job->addr_count; i++) {
        const struct plat_addr *known = &job->addrs[i];

        if (known->family == addr->family && known->scope == addr->scope &&
            memcmp(known->ip, addr->ip, sizeof(known->ip)) == 0) {
            return true;
        }
    }
    return false;
}

static void keep_addrs(struct plat_resolve *job, const struct addrinfo *list)
{
    for (const struct addrinfo *ai = list; ai != NULL; ai = ai->ai_next) {
        struct plat_addr addr;

        if (job->addr_count < RESOLVER_ADDRS && et_posix_addr(ai->ai_addr, &addr) &&
            !is_known(job, &addr)) {
            job->addrs[job->addr_count++] = addr;
        }
    }
}

static int errno_of(int eai)
{
    switch (eai) {
    case EAI_SYSTEM:
        return errno != 0 ? errno : EIO;
    case EAI_MEMORY:
        return ENOMEM;
    default:
        return EIO;
    }
}

static int socket_family(int family)
{
    return family == PLAT_AF_INET ? AF_INET : family == PLAT_AF_INET6 ? AF_INET6 : AF_UNSPEC;
}

/** The blocking part; the caller's fields are not touched. */
static void look_up(struct plat_resolve *job)
{
    const struct addrinfo hints = {.ai_family = socket_family(job->family),
                                   .ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    int eai;

    errno = 0;
    eai = getaddrinfo(job->host, NULL, &hints, &list);
    if (eai != 0 && errno == ENOMEM) { /* glibc calls it a name that does not exist */
        eai = EAI_MEMORY;
    }
    if (eai != 0) {
        job->error = errno_of(eai);
        job->resolver_code = eai;
        return;
    }
    keep_addrs(job, list);
    freeaddrinfo(list);
    if (job->addr_count == 0) {
        job->error = EIO;
        job->resolver_code = EAI_NONAME;
    }
}

/** With the lock held. @return the job to free, once the lock is released, or NULL */
static struct plat_resolve *let_go(struct plat_resolve *job)
{
    return --job->holders == 0 ? job : NULL;
}

static void queue_put(struct queue *q, struct plat_resolve *job)
{
    job->next = NULL;
    *q->end = job;
    q->end = &job->next;
}

static struct plat_resolve *queue_take(struct queue *q)
{
    struct plat_resolve *job = q->first;

    if (job != NULL) {
        q->first = job->next;
        if (q->first == NULL) {
            q->end = &q->first;
        }
    }
    return job;
}

static bool queue_remove(struct queue *q, struct plat_resolve *job)
{
    for (struct plat_resolve **at = &q->first; *at != NULL; at = &(*at)->next) {
        if (*at == job) {
            *at = job->next;
            if (job->next == NULL) {
                q->end = at;
            }
            return true;
        }
    }
    return false;
}

/** Look the name up with the lock released; the job's result is there afterwards. */
static void look_up_unlocked(struct plat_resolve *job)
{
    plat_mutex_unlock(&lock);
    look_up(job);
    plat_mutex_lock(&lock);
}

/** The thread that worked on the job lets go of it. */
static void job_end(struct plat_resolve *job)
{
    job->is_done = true;
    if (!job->is_dropped) {
        plat_event_set(job->wake);
    }
    job = let_go(job);
    if (job != NULL) {
        plat_mutex_unlock(&lock);
        plat_free(job);
        plat_mutex_lock(&lock);
    }
}

static void *work(void *unused)
{
    struct plat_resolve *job;

    (void)unused;
    plat_mutex_lock(&lock);
    while ((job = queue_take(&waiting)) != NULL || (job = queue_take(&fresh)) != NULL) {
        look_up_unlocked(job);
        job_end(job);
    }
    threads--;
    plat_mutex_unlock(&lock);
    return NULL;
}

/** glibc has EAGAIN for two things: there are as many threads as there may be, and there is no
 *  memory for a stack. Whether a stack can be had tells them apart. */
static int why_no_thread(int err)
{
    void *stack;

    if (err != EAGAIN) {
        return err;
    }
    stack = mmap(NULL, RESOLVER_STACK_LEN + STACK_EXTRA, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (stack == MAP_FAILED) {
        return ENOMEM;
    }
    (void)munmap(stack, RESOLVER_STACK_LEN + STACK_EXTRA);
    return EAGAIN;
}

/** A detached thread that takes no signals: those are the application's. */
static int thread_start(void *(*run)(void *))
{
    pthread_attr_t attr;
    pthread_t thread;
    sigset_t all;
    sigset_t before;
    int err = pthread_attr_init(&attr);

    if (err != 0) {
        return err;
    }
    (void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    (void)pthread_attr_setstacksize(&attr, RESOLVER_STACK_LEN);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    err = pthread_create(&thread, &attr, run, NULL);
    if (err == EAGAIN) { /* an allocation of glibc's that failed is EAGAIN, too; a limit stays */
        err = pthread_create(&thread, &attr, run, NULL);
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&attr);
    return why_no_thread(err);
}

/** Queue the job, with a new thread if there may be one. @return 0; errno: it is not queued */
static int queue_job(struct queue *q, struct plat_resolve *job)
{
    int err = 0;

    queue_put(q, job);
    if (threads < RESOLVER_THREADS) {
        threads++;
        err = thread_start(work);
        if (err != 0 && --threads > 0) {
            err = 0; /* the threads that run will take it from the queue */
        }
        if (err != 0) {
            (void)queue_remove(q, job);
        }
    }
    return err;
}

/** Answer what needs no server. The resolver's settings are each thread's own, and one without
 *  servers does not ask any. What fails so may still be known to a server. */
static void *sort_names(void *unused)
{
    struct plat_resolve *job;
    int servers;

    (void)unused;
    (void)res_init();
    servers = _res.nscount;
    _res.nscount = 0;
    plat_mutex_lock(&lock);
    while ((job = queue_take(&fresh)) != NULL) {
        look_up_unlocked(job);
        if (job->error != PLAT_OK && !job->is_dropped) {
            job->resolver_code = 0;
            job->error = queue_job(&waiting, job);
            if (job->error == PLAT_OK) {
                continue;
            }
        }
        job_end(job);
    }
    is_sorting = false;
    plat_mutex_unlock(&lock);
    /* glibc keeps a thread's settings for the next one that gets its stack; it makes them anew only
     * where there is a server. */
    _res.nscount = servers;
    return NULL;
}

static int enqueue(struct plat_resolve *job)
{
    bool is_full;
    int err;

    plat_mutex_lock(&lock);
    is_full = threads == RESOLVER_THREADS;
    job->holders++;
    err = queue_job(&fresh, job);
    if (err != 0) {
        job->holders--;
    } else if (is_full && !is_sorting) {
        is_sorting = thread_start(sort_names) == 0; /* without a sorter they queue */
    }
    plat_mutex_unlock(&lock);
    return err;
}

static bool answer_literal(struct plat_resolve *job, size_t len)
{
    if (!plat_addr_parse(job->host, len, &job->addrs[0])) {
        return false;
    }
    if (job->family == PLAT_AF_ANY || job->family == job->addrs[0].family) {
        job->addr_count = 1;
    } else {
        job->error = EIO;
        job->resolver_code = EAI_ADDRFAMILY;
    }
    job->is_done = true;
    plat_event_set(job->wake);
    return true;
}

int plat_resolve_start(struct plat_resolve **job, const char *host, size_t len, int family,
                       plat_stream wake, struct plat_account *told)
{
    struct plat_resolve *made;
    int err = 0;

    *job = NULL;
    if (len == 0 || len > RESOLVER_HOST_LEN || memchr(host, '\0', len) != NULL) {
        return EINVAL;
    }
    made = plat_alloc_shared(told, sizeof(*made) + len + 1);
    if (made == NULL) {
        return ENOMEM;
    }
    made->holders = 1;
    made->family = family;
    made->wake = wake;
    memcpy(made->host, host, len);
    if (!answer_literal(made, len)) {
        err = enqueue(made);
    }
    if (err != 0) {
        plat_free(made);
        return err;
    }
    *job = made;
    return PLAT_OK;
}

int plat_resolve_result(struct plat_resolve *job, struct plat_addr *addrs, size_t cap, size_t *n,
                        int *resolver_code)
{
    bool is_done;

    *n = 0;
    *resolver_code = 0;
    plat_mutex_lock(&lock);
    is_done = job->is_done;
    plat_mutex_unlock(&lock);
    if (!is_done) {
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
    if (job == NULL) {
        return;
    }
    plat_mutex_lock(&lock);
    job->is_dropped = true;
    if (!job->is_done && (queue_remove(&fresh, job) || queue_remove(&waiting, job))) {
        job->holders--;
    }
    job = let_go(job);
    plat_mutex_unlock(&lock);
    plat_free(job);
}
