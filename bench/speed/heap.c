/*   PROGRAM 1.2|1.3 ec|rsa PORT
 * prints the heap of a connection, counted by count.c, as one JSON object. */
#include <stdio.h>

#include "speed.h"

/** The first connection makes what the process keeps; the second one is measured. */
int main(int argc, char **argv)
{
    struct speed_connection *c;
    struct speed_job job;
    size_t before;
    size_t peak;
    size_t blocks;
    size_t idle;

    if (argc != 4) {
        fprintf(stderr, "%s 1.2|1.3 ec|rsa PORT\n", argv[0]);
        return 2;
    }
    job = speed_job(argv + 1);
    speed_close(speed_open_or_exit(&job));
    before = count_live();
    count_reset();
    c = speed_open_or_exit(&job);
    peak = count_peak();
    blocks = count_blocks();
    idle = count_live();
    speed_close(c);
    printf("{\"peak\": %zu, \"idle\": %zu, \"allocations\": %zu, \"process\": %zu}\n",
           peak - before, idle - before, blocks, before);
    return 0;
}
