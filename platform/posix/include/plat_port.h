/* What differs in type, not only in code, between platforms: here, POSIX (and the simulation,
 * whose tests run on POSIX). Each platform folder has one such header; the build picks it. */
#ifndef PLAT_PORT_H
#define PLAT_PORT_H

/** One word, for the kernel's futex; 0 = free. A pthread_mutex_t has 40 bytes, 24 on 32 bits: there
 *  are ten or more in static data, one in each transport and request, and one in each RSA key that
 *  Mbed TLS holds. A pair of calls that nobody contends takes 19 instructions against glibc's 66,
 *  and each allocation pays one. */
typedef struct {
    int state;
} plat_mutex;

#define PLAT_MUTEX_INITIALIZER                                                                     \
    {                                                                                              \
        0                                                                                          \
    }

/** Storage of which each thread has its own; empty on a platform without threads. */
#define PLAT_THREAD_LOCAL _Thread_local

#endif
