/* Hints to the compiler. */
#ifndef ESP_COMPILER_H
#define ESP_COMPILER_H

#include "sdkconfig.h"

#ifdef CONFIG_COMPILER_OPTIMIZATION_PERF
#ifndef likely
#define likely(x) __builtin_expect(!!(x), 1)
#endif
#ifndef unlikely
#define unlikely(x) __builtin_expect(!!(x), 0)
#endif
#else
#ifndef likely
#define likely(x) (x)
#endif
#ifndef unlikely
#define unlikely(x) (x)
#endif
#endif

#ifdef __cplusplus
#define ESP_COMPILER_DESIGNATED_INIT_AGGREGATE_TYPE_STR(member, value)                             \
    {                                                                                              \
        {                                                                                          \
            .member = value                                                                        \
        }                                                                                          \
    }
#define ESP_COMPILER_DESIGNATED_INIT_AGGREGATE_TYPE_EMPTY(member)                                  \
    {                                                                                              \
        {                                                                                          \
            .member = {}                                                                           \
        }                                                                                          \
    }
#else
#define ESP_COMPILER_DESIGNATED_INIT_AGGREGATE_TYPE_STR(member, value) .member = value
#define ESP_COMPILER_DESIGNATED_INIT_AGGREGATE_TYPE_EMPTY(member)      .member = {0}
#endif

#define ESP_COMPILER_DIAGNOSTIC_PUSH_IGNORE__(x) #x
#define ESP_COMPILER_DIAGNOSTIC_PUSH_IGNORE(warning)                                               \
    _Pragma("GCC diagnostic push")                                                                 \
        _Pragma(ESP_COMPILER_DIAGNOSTIC_PUSH_IGNORE__(GCC diagnostic ignored warning))
#define ESP_COMPILER_DIAGNOSTIC_POP(warning) _Pragma("GCC diagnostic pop")

#endif
