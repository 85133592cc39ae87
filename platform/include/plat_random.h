/* Random numbers fit for keys. */
#ifndef PLAT_RANDOM_H
#define PLAT_RANDOM_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Fill buf with len bytes from the system's generator of cryptographic quality.
 *  May block at early boot until that generator is seeded. Any thread.
 *  @return 0, or an errno value: buf is then not to be used */
int plat_random(void *buf, size_t len);

#ifdef __cplusplus
}
#endif
#endif
