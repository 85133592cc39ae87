/* The types of FreeRTOS's queues, for what esp_event.h brings. There is no call on them here: a
 * program that makes queues brings a FreeRTOS, whose headers come before these. */
#ifndef FREERTOS_QUEUE_H
#define FREERTOS_QUEUE_H

#include <freertos/task.h>

typedef struct QueueDefinition *QueueHandle_t;
typedef struct QueueDefinition *QueueSetHandle_t;
typedef struct QueueDefinition *QueueSetMemberHandle_t;

#endif
