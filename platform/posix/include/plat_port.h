/* What differs in type, not only in code, between platforms: here, POSIX (and the simulation,
 * whose tests run on POSIX). Each platform folder has one such header; the build picks it. */
#ifndef PLAT_PORT_H
#define PLAT_PORT_H

/** One word, for the kernel's futex; 0 = free. Smaller than a pthread_mutex_t (24 or 40 bytes), and
 *  a lock that nobody contends takes a handful of instructions, which every allocation pays. */
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
