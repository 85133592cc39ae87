/* The platform's mutex: the one thing of a platform that programs see, because Mbed TLS's contexts
 * have it inside (threading_alt.h). Nobody but the platform looks into it. Here, POSIX and the
 * simulation. */
#ifndef ESP_PORT_MUTEX_H
#define ESP_PORT_MUTEX_H

/** One word, for the kernel's futex; 0 = free. A pthread_mutex_t has 40 bytes, 24 on 32 bits: there
 *  are ten or more in static data, one in each transport and request, and one in each RSA key that
 *  Mbed TLS holds. A pair of calls that nobody contends takes 19 instructions against glibc's 66,
 *  and each allocation pays one. */
typedef struct {
    int state;
} plat_mutex;

#endif
