/* Counts and paints; see meter.h.
 *   PROGRAM 1.2|1.3 ec|rsa server|mutual PORT PATH [breakdown] [region] [deepest]
 * prints one JSON object, and with "deepest" the stack's words that may be return addresses. */
#define _GNU_SOURCE
#include "meter.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "trace.h"

struct meter_job meter_job;
unsigned char meter_app[1024];

/* --- heap ----------------------------------------------------------------------------------- */

static struct trace_block blocks = {.next = &blocks, .prev = &blocks};
static size_t live;
static size_t peak;
static size_t count;
static bool tracing; /* from the end of "entry" to that of "handshake" */
static size_t traced_peak;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void *meter_take(size_t size, size_t cost)
{
    struct trace_block *block = calloc(1, sizeof(*block) + size);

    if (block == NULL) {
        return NULL;
    }
    block->size = size;
    block->cost = cost;
    trace_note(block);
    pthread_mutex_lock(&lock);
    block->next = blocks.next;
    block->prev = &blocks;
    block->next->prev = block;
    blocks.next = block;
    live += cost;
    count++;
    peak = live > peak ? live : peak;
    if (tracing && live > traced_peak) {
        traced_peak = live;
        trace_snapshot(&blocks);
    }
    pthread_mutex_unlock(&lock);
    return block + 1;
}

void *meter_malloc(size_t size)
{
    size = size == 0 ? 1 : size;
    return meter_take(size, METER_COST(size));
}

void *meter_calloc(size_t n, size_t size)
{
    return size != 0 && n > SIZE_MAX / size ? NULL : meter_malloc(n * size);
}

void meter_free(void *memory)
{
    struct trace_block *block = (struct trace_block *)memory - 1;

    if (memory == NULL) {
        return;
    }
    pthread_mutex_lock(&lock);
    block->next->prev = block->prev;
    block->prev->next = block->next;
    live -= block->cost;
    pthread_mutex_unlock(&lock);
    free(block);
}

void *meter_realloc(void *memory, size_t size)
{
    const struct trace_block *block = (struct trace_block *)memory - 1;
    void *more = meter_malloc(size);

    if (more != NULL && memory != NULL) {
        memcpy(more, memory, block->size < size ? block->size : size);
        meter_free(memory);
    }
    return more;
}

size_t meter_live(void)
{
    return live;
}

size_t meter_peak(void)
{
    return peak;
}

/* --- stack ---------------------------------------------------------------------------------- */

enum {
    STACK_SIZE = 512 * 1024,
    PAINT = 0xA5,
    OWN_FRAME = 512
};

static unsigned char *stack;
static unsigned char *stack_entry;

static size_t stack_used(void)
{
    size_t i = 0;

    while (i < STACK_SIZE && stack[i] == PAINT) {
        i++;
    }
    return (size_t)(stack_entry - (stack + i));
}

static __attribute__((noinline)) void stack_repaint(void)
{
    const unsigned char *end = (unsigned char *)__builtin_frame_address(0) - OWN_FRAME;

    for (volatile unsigned char *at = stack; at < end; at++) {
        *at = PAINT;
    }
}

struct word {
    size_t depth; /* bytes below the thread's entry */
    uintptr_t value;
};

static struct word deepest[256];
static size_t deepest_n;

extern const char __executable_start;
extern const char etext;

/** Note what the handshake left on the stack, from its deepest point upwards. */
static void note_deepest(size_t used)
{
    const uintptr_t *at = (const uintptr_t *)(((uintptr_t)stack_entry - used) & ~(uintptr_t)7);

    deepest_n = 0;
    for (; (const unsigned char *)at < stack_entry; at++) {
        if (*at > (uintptr_t)&__executable_start && *at < (uintptr_t)&etext &&
            deepest_n < sizeof(deepest) / sizeof(deepest[0])) {
            deepest[deepest_n++] =
                (struct word){(size_t)(stack_entry - (const unsigned char *)at), *at};
        }
    }
}

static void print_deepest(void)
{
    for (size_t i = 0; i < deepest_n; i++) {
        printf("word %zu %#zx\n", deepest[i].depth, (size_t)deepest[i].value);
    }
}

/* --- phases --------------------------------------------------------------------------------- */

struct phase {
    const char *name;
    size_t live;
    size_t peak;
    size_t stack;
    size_t count;
};

struct note {
    const char *name;
    unsigned value;
};

static struct phase phases[16];
static size_t phases_n;
static struct note notes[64];
static size_t notes_n;

void meter_phase(const char *name)
{
    size_t used = stack_used(); /* first: what follows may go deeper */

    if (phases_n < sizeof(phases) / sizeof(phases[0])) {
        phases[phases_n++] = (struct phase){name, live, peak, used, count};
    }
    if (meter_job.deepest && strcmp(name, "handshake") == 0) {
        note_deepest(used);
    }
    tracing = strcmp(name, "entry") == 0 || (tracing && strcmp(name, "handshake") != 0);
    peak = live;
    count = 0;
    stack_repaint();
}

void meter_note(const char *name, unsigned value)
{
    if (notes_n < sizeof(notes) / sizeof(notes[0])) {
        notes[notes_n++] = (struct note){name, value};
    }
}

static void print(int result)
{
    printf("{\"client\": \"%s\", \"result\": %d, \"leak\": %zu, \"phases\": {", meter_client,
           result, live);
    for (size_t i = 0; i < phases_n; i++) {
        const struct phase *p = &phases[i];

        printf("%s\"%s\": {\"live\": %zu, \"peak\": %zu, \"stack\": %zu, \"count\": %zu}",
               i == 0 ? "" : ", ", p->name, p->live, p->peak, p->stack, p->count);
    }
    printf("}, \"notes\": {");
    for (size_t i = 0; i < notes_n; i++) {
        printf("%s\"%s\": %u", i == 0 ? "" : ", ", notes[i].name, notes[i].value);
    }
    printf("}}\n");
}

void meter_fail(const char *what, int code)
{
    fprintf(stderr, "%s: %s failed: %d (-0x%x)\n", meter_client, what, code, (unsigned)-code);
    _exit(3);
}

/* --- network and randomness ----------------------------------------------------------------- */

int meter_connect(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(meter_job.port)};
    struct timeval patience = {.tv_sec = 20};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int on = 1;

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
        meter_fail("connect", errno);
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    return fd;
}

int meter_recv(int fd, void *buf, size_t len)
{
    return (int)recv(fd, buf, len, 0);
}

int meter_send(int fd, const void *buf, size_t len)
{
    return (int)send(fd, buf, len, MSG_NOSIGNAL);
}

int meter_random(void *buf, size_t len)
{
    return getrandom(buf, len, 0) == (ssize_t)len ? 0 : -1;
}

static size_t put(char *buf, size_t cap, size_t at, const char *text)
{
    while (*text != '\0' && at < cap) {
        buf[at++] = *text++;
    }
    return at;
}

size_t meter_request(char *buf, size_t cap)
{
    size_t n = put(buf, cap, 0, "GET /");

    n = put(buf, cap, n, meter_job.path);
    return put(buf, cap, n, " HTTP/1.0\r\n\r\n");
}

/* --- main ------------------------------------------------------------------------------------ */

static void *thread(void *result)
{
    stack_entry = __builtin_frame_address(0);
    *(int *)result = meter_run();
    return NULL;
}

static int run_painted(void)
{
    int result = -1;
    pthread_attr_t attr;
    pthread_t id;

    stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (stack == MAP_FAILED) {
        meter_fail("mmap", errno);
    }
    memset(stack, PAINT, STACK_SIZE);
    pthread_attr_init(&attr);
    if (pthread_attr_setstack(&attr, stack, STACK_SIZE) != 0 ||
        pthread_create(&id, &attr, thread, &result) != 0 || pthread_join(id, NULL) != 0) {
        meter_fail("thread", errno);
    }
    return result;
}

int main(int argc, char **argv)
{
    int result;

    if (argc < 6) {
        fprintf(stderr, "%s 1.2|1.3 ec|rsa server|mutual PORT PATH [breakdown] [region]\n",
                argv[0]);
        return 2;
    }
    meter_job = (struct meter_job){.version = strcmp(argv[1], "1.2") == 0 ? 12 : 13,
                                   .rsa = strcmp(argv[2], "rsa") == 0,
                                   .mutual = strcmp(argv[3], "mutual") == 0,
                                   .port = (uint16_t)strtoul(argv[4], NULL, 10),
                                   .path = argv[5]};
    for (int i = 6; i < argc; i++) {
        meter_job.breakdown |= strcmp(argv[i], "breakdown") == 0;
        meter_job.region |= strcmp(argv[i], "region") == 0;
        meter_job.deepest |= strcmp(argv[i], "deepest") == 0;
    }
    result = run_painted();
    print(result);
    print_deepest();
    trace_print();
    return result;
}
