/* What is known of a device's memory: a profile, a few lines of key = value. */
#ifndef DEVICE_H
#define DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "esp_tls_memory.h"

struct device {
    char name[64];     /* of the profile, or its file */
    uint32_t heap;     /* bytes free when the connection begins; 0: as many as it takes */
    uint32_t largest;  /* the largest free block among them; 0: they are one block */
    uint32_t psram;    /* external memory; 0: none */
    uint32_t external; /* bits 1 << ESP_TLS_MEM_...: what lies in it */
    uint32_t in, out;  /* largest content of a record */
    uint32_t stack;    /* of the task that connects; 0: not compared */
    bool fixed;        /* record buffers at full size throughout */
};

#define DEVICE_RECORDS (1u << ESP_TLS_MEM_RECORD_IN | 1u << ESP_TLS_MEM_RECORD_OUT)
#define DEVICE_ALL     ((1u << ESP_TLS_MEM_PURPOSES) - 1)

/** Elastic buffers, Kconfig's record sizes, no bound. */
void device_init(struct device *device);

/** Read a profile: one that is built in, or a file.
 *  @return false: what is wrong has been said on stderr */
bool device_load(struct device *device, const char *name);

/** The same of a profile's text, which is cut up. @param name  for messages, and the device's
 *  name */
bool device_read(struct device *device, const char *name, char *text);

/** Set one key. @param where  for the message: "--heap", "profile.txt line 3" */
bool device_set(struct device *device, const char *where, const char *key, const char *value);

/** Is what is set possible? @return false: what is not has been said on stderr */
bool device_check(const struct device *device);

/** The keys that take a number of bytes are options of the same name, too. */
bool device_fixed_is_all(void);

#endif
