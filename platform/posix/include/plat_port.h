/* What differs in type, not only in code, between platforms: here, POSIX (and the simulation,
 * whose tests run on POSIX). Each platform folder has one such header; the build picks it. */
#ifndef PLAT_PORT_H
#define PLAT_PORT_H

#include "esp_port_mutex.h" /* plat_mutex */

#define PLAT_MUTEX_INITIALIZER                                                                     \
    {                                                                                              \
        0                                                                                          \
    }

/** Storage of which each thread has its own; empty on a platform without threads. */
#define PLAT_THREAD_LOCAL _Thread_local

/** Bytes that a read of the network may bring at once into the stack, where each read is a system
 *  call; 0 on devices, whose stacks are small. */
#define PLAT_READ_AHEAD 4096

#endif
