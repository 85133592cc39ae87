/* Placement attributes of the chip's linker script: empty where there is only one memory. */
#ifndef ESP_ATTR_H
#define ESP_ATTR_H

#include "sdkconfig.h"

#define IRAM_ATTR
#define DRAM_ATTR
#define TCM_IRAM_ATTR
#define TCM_DRAM_ATTR
#define DMA_ATTR
#define COREDUMP_IRAM_ATTR
#define COREDUMP_DRAM_ATTR
#define EXT_RAM_ATTR
#define EXT_RAM_BSS_ATTR
#define EXT_RAM_NOINIT_ATTR
#define RTC_IRAM_ATTR
#define RTC_DATA_ATTR
#define RTC_RODATA_ATTR
#define RTC_SLOW_ATTR
#define RTC_FAST_ATTR
#define RTC_NOINIT_ATTR
#define __NOINIT_ATTR
#define RODATA_ATTR
#define DRAM_STR(str)     (str)
#define WORD_ALIGNED_ATTR __attribute__((aligned(4)))
#define FORCE_INLINE_ATTR static inline __attribute__((always_inline))
#define INLINE_ATTR       static inline __attribute__((always_inline))
#define NOINLINE_ATTR     __attribute__((noinline))

#define IDF_DEPRECATED(REASON) __attribute__((deprecated(REASON)))

#endif
