/* What differs in type, not only in code, between platforms: here, POSIX (and the simulation,
 * whose tests run on POSIX). Each platform folder has one such header; the build picks it. */
#ifndef PLAT_PORT_H
#define PLAT_PORT_H

#include "esp_port_mutex.h" /* plat_mutex */
#include "sdkconfig.h"

#define PLAT_MUTEX_INITIALIZER                                                                     \
    {                                                                                              \
        0                                                                                          \
    }

/** Storage of which each thread has its own; empty on a platform without threads. */
#define PLAT_THREAD_LOCAL _Thread_local

/** Bytes that a read of the network may bring at once into the stack, where each read is a system
 *  call; 0 on devices, whose stacks are small. */
#define PLAT_READ_AHEAD 4096

/** Bytes of a block that small things share which go together; 0 where each is to have a block of
 *  its own size, and none is larger than what is in it. */
#ifdef CONFIG_ESP_TLS_PROFILE_HOST
#define PLAT_SHARED_BLOCK 960
#else
#define PLAT_SHARED_BLOCK 0
#endif

#endif
