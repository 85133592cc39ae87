/* Assertions at compile time. */
#ifndef ESP_ASSERT_H
#define ESP_ASSERT_H

#include <assert.h>

#include "sdkconfig.h"

#if defined(__cplusplus)
#define ESP_STATIC_ASSERT static_assert
#else
#define ESP_STATIC_ASSERT _Static_assert
#endif

/** A static assertion where CONDITION is a constant, else none. */
#define TRY_STATIC_ASSERT(CONDITION, MSG)                                                          \
    do {                                                                                           \
        ESP_STATIC_ASSERT(__builtin_choose_expr(__builtin_constant_p(CONDITION), (CONDITION), 1),  \
                          #MSG);                                                                   \
    } while (0)

#endif
