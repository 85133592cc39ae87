/*   PROGRAM handshakes N   1.2|1.3 ec|rsa PORT        N connections, one after the other
 *   PROGRAM fetch      PATH 1.2|1.3 ec|rsa PORT       one, and all that PATH has
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

static int handshakes(const struct speed_job *job, int n)
{
    for (int i = 0; i < n; i++) {
        speed_close(speed_open_or_exit(job));
    }
    printf("{\"handshakes\": %d}\n", n);
    return 0;
}

static int fetch(const struct speed_job *job, const char *path)
{
    static char buf[16384];
    struct speed_connection *c = speed_open_or_exit(job);
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

int main(int argc, char **argv)
{
    struct speed_job job;

    if (argc != 6) {
        fprintf(stderr, "%s handshakes|fetch N|PATH 1.2|1.3 ec|rsa PORT\n", argv[0]);
        return 2;
    }
    job = speed_job(argv + 3);
    return strcmp(argv[1], "handshakes") == 0 ? handshakes(&job, (int)strtol(argv[2], NULL, 10))
                                              : fetch(&job, argv[2]);
}
