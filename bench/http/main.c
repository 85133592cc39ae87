/*   PROGRAM requests N      URL CA.pem [BUFFER]    N times URL on one connection
 *   PROGRAM heap     SECOND URL CA.pem [BUFFER]    heap of a connection: URL twice, then SECOND
 * prints one JSON object. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double seconds(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/** Connecting is not measured, unless it is one request. */
static int requests(struct bench_client *c, long n)
{
    double wall;
    double cpu;
    uint64_t bytes = 0;

    if (n > 1 && bench_get(c, &bytes) != 0) {
        return 1;
    }
    bytes = 0;
    wall = seconds(CLOCK_MONOTONIC);
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    for (long i = 0; i < n; i++) {
        if (bench_get(c, &bytes) != 0) {
            return 1;
        }
    }
    printf("{\"bytes\": %llu, \"wall\": %.6f, \"cpu\": %.6f}\n", (unsigned long long)bytes,
           seconds(CLOCK_MONOTONIC) - wall, seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu);
    return 0;
}

/** The process's own state was made by a connection before; this one is measured. */
static int heap(const char *url, const char *big, int buffer)
{
    size_t before = count_live();
    struct bench_client *c;
    uint64_t bytes = 0;
    size_t connect;
    size_t idle;

    count_reset();
    c = bench_open(url, buffer);
    if (c == NULL || bench_get(c, &bytes) != 0 || bench_get(c, &bytes) != 0) {
        return 1;
    }
    connect = count_peak() - before;
    idle = count_live() - before;
    bench_close(c);

    before = count_live();
    c = bench_open(big, buffer);
    if (c == NULL || bench_get(c, &bytes) != 0) {
        return 1;
    }
    count_reset();
    if (bench_get(c, &bytes) != 0) {
        return 1;
    }
    printf("{\"peak\": %zu, \"idle\": %zu, \"download\": %zu}\n", connect, idle,
           count_peak() - before);
    bench_close(c);
    return 0;
}

int main(int argc, char **argv)
{
    static char ca[65536];
    int buffer = argc > 5 ? (int)strtol(argv[5], NULL, 10) : 0;
    FILE *file = argc > 4 ? fopen(argv[4], "rb") : NULL;
    struct bench_client *c;
    uint64_t bytes = 0;
    int result;

    if (file == NULL || fread(ca, 1, sizeof(ca) - 1, file) == 0) {
        fprintf(stderr, "%s requests|heap N|URL URL CA.pem [BUFFER]\n", argv[0]);
        return 2;
    }
    fclose(file);
    if (bench_prepare(argv[4], ca) != 0) {
        return 1;
    }
    c = bench_open(argv[3], buffer);
    if (c == NULL) {
        return 1;
    }
    if (strcmp(argv[1], "requests") == 0) {
        result = requests(c, strtol(argv[2], NULL, 10));
        bench_close(c);
        return result;
    }
    result = bench_get(c, &bytes);
    bench_close(c);
    return result == 0 && count_live != NULL ? heap(argv[3], argv[2], buffer) : 1;
}
