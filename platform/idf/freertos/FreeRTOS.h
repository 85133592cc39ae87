/* FreeRTOS's names for types and times, as far as the headers of these components use them. Another
 * FreeRTOS's freertos/FreeRTOS.h is found before this one, wherever its folder stands among the
 * options: the folder of these headers is given to the compiler by -idirafter, and they look for
 * each other only there. */
#ifndef FREERTOS_FREERTOS_H
#define FREERTOS_FREERTOS_H

#include <stdint.h>

#include "sdkconfig.h"

typedef int BaseType_t;
typedef unsigned int UBaseType_t;
typedef uint32_t TickType_t;

#ifdef CONFIG_FREERTOS_HZ
#define configTICK_RATE_HZ CONFIG_FREERTOS_HZ
#else
#define configTICK_RATE_HZ 1000
#endif

#define portMAX_DELAY      ((TickType_t)0xffffffffUL)
#define portTICK_PERIOD_MS ((TickType_t)1000 / configTICK_RATE_HZ)

#define pdMS_TO_TICKS(ms)    ((TickType_t)(((uint64_t)(ms)*configTICK_RATE_HZ) / 1000U))
#define pdTICKS_TO_MS(ticks) ((TickType_t)(((uint64_t)(ticks)*1000U) / configTICK_RATE_HZ))

#define pdFALSE ((BaseType_t)0)
#define pdTRUE  ((BaseType_t)1)
#define pdFAIL  pdFALSE
#define pdPASS  pdTRUE

#define tskNO_AFFINITY   ((BaseType_t)0x7FFFFFFF)
#define tskIDLE_PRIORITY ((UBaseType_t)0U)

#endif
