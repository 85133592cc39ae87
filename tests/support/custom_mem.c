#include "sdkconfig.h"

#ifdef CONFIG_MBEDTLS_CUSTOM_MEM_ALLOC

#include "custom_mem.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "esp_mem.h"

extern bool sim_is_peer_running; /* platform/sim: the test's server, in the same process */

struct head {
    _Alignas(max_align_t) size_t size; /* 0: the server's */
};

size_t custom_mem_live;
size_t custom_mem_largest;

void *esp_mbedtls_mem_calloc(size_t n, size_t size)
{
    struct head *head;

    if (size != 0 && n > (SIZE_MAX - sizeof(*head)) / size) {
        return NULL;
    }
    head = calloc(1, sizeof(*head) + n * size);
    if (head == NULL) {
        return NULL;
    }
    head->size = sim_is_peer_running ? 0 : n * size;
    custom_mem_live += head->size;
    custom_mem_largest = head->size > custom_mem_largest ? head->size : custom_mem_largest;
    return head + 1;
}

void esp_mbedtls_mem_free(void *ptr)
{
    if (ptr != NULL) {
        struct head *head = (struct head *)ptr - 1;

        custom_mem_live -= head->size;
        free(head);
    }
}

#endif
