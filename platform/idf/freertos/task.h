/* Here tasks are whatever the system has; this is only what esp_event.h includes it for. */
#ifndef FREERTOS_TASK_H
#define FREERTOS_TASK_H

#include <freertos/FreeRTOS.h>

typedef struct tskTaskControlBlock *TaskHandle_t;

#endif
