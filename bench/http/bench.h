/* Programs that do the same with different HTTP clients: main.c drives one of http_esp.c,
 * http_curl.c and http_mbedtls.c. */
#ifndef BENCH_HTTP_H
#define BENCH_HTTP_H

#include <stddef.h>
#include <stdint.h>

struct bench_client;

/** What a process makes once. @param ca  PEM of the authority, ends with NUL */
int bench_prepare(const char *ca_file, const char *ca);
/** A handle, not connected. NULL: failed, said on stderr. @param buffer  bytes; 0: the default */
struct bench_client *bench_open(const char *url, int buffer);
/** One GET of the handle's URL, on the connection of the one before. @return 0: it was 200,
 *  whole */
int bench_get(struct bench_client *c, uint64_t *body);
void bench_close(struct bench_client *c);

/* count.c, loaded with LD_PRELOAD; else NULL. Bytes as requested from malloc() and so on, by the
 * whole process. */
#pragma weak count_live
#pragma weak count_peak
#pragma weak count_reset
size_t count_live(void);
size_t count_peak(void);
void count_reset(void); /* the peak begins here */

#endif
