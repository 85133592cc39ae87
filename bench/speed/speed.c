/*   PROGRAM handshakes N   1.2|1.3 ec|rsa PORT        N connections, one after the other
 *   PROGRAM fetch      PATH 1.2|1.3 ec|rsa PORT       one, and all that PATH has
 *   PROGRAM heap       -   1.2|1.3 ec|rsa PORT        one, and its heap
 * prints one JSON object. */
#include "speed.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static double seconds(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct speed_connection *open_or_exit(const struct speed_job *job)
{
    struct speed_connection *c = speed_open(job);

    if (c == NULL) {
        exit(1);
    }
    return c;
}

static int handshakes(const struct speed_job *job, int n)
{
    for (int i = 0; i < n; i++) {
        speed_close(open_or_exit(job));
    }
    printf("{\"handshakes\": %d}\n", n);
    return 0;
}

static int fetch(const struct speed_job *job, const char *path)
{
    static char buf[16384];
    struct speed_connection *c = open_or_exit(job);
    int len = snprintf(buf, sizeof(buf), "GET /%s HTTP/1.0\r\n\r\n", path);
    double wall = seconds(CLOCK_MONOTONIC);
    double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    uint64_t got = 0;
    ssize_t n;

    if (speed_write(c, buf, (size_t)len) != len) {
        return 1;
    }
    while ((n = speed_read(c, buf, sizeof(buf))) > 0) {
        got += (uint64_t)n;
    }
    wall = seconds(CLOCK_MONOTONIC) - wall;
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    speed_close(c);
    printf("{\"bytes\": %llu, \"wall\": %.6f, \"cpu\": %.6f}\n", (unsigned long long)got, wall,
           cpu);
    return n == 0 ? 0 : 1;
}

/** The first connection makes what the process keeps; the second one is measured. */
static int heap(const struct speed_job *job)
{
    struct speed_connection *c;
    size_t before;
    size_t peak;
    size_t blocks;
    size_t idle;

    speed_close(open_or_exit(job));
    before = count_live();
    count_reset();
    c = open_or_exit(job);
    peak = count_peak();
    blocks = count_blocks();
    idle = count_live();
    speed_close(c);
    printf("{\"peak\": %zu, \"idle\": %zu, \"allocations\": %zu, \"process\": %zu}\n",
           peak - before, idle - before, blocks, before);
    return 0;
}

int main(int argc, char **argv)
{
    struct speed_job job;

    if (argc != 6) {
        fprintf(stderr, "%s handshakes|fetch|heap N|PATH|- 1.2|1.3 ec|rsa PORT\n", argv[0]);
        return 2;
    }
    job = (struct speed_job){.version = strcmp(argv[3], "1.2") == 0 ? 12 : 13,
                             .rsa = strcmp(argv[4], "rsa") == 0,
                             .port = (int)strtol(argv[5], NULL, 10)};
    if (strcmp(argv[1], "handshakes") == 0) {
        return handshakes(&job, (int)strtol(argv[2], NULL, 10));
    }
    return strcmp(argv[1], "fetch") == 0 ? fetch(&job, argv[2]) : heap(&job);
}
