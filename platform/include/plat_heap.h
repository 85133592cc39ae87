/* Memory with an owner and a purpose, and the ledger that counts it.
 *
 * Every block belongs to an account (one per connection, one for the process) and has a purpose.
 * plat_free() finds both in the block's own header, so a block may be freed from anywhere.
 *
 * Where a block comes from, first match wins:
 *   1. the account's arena: a region that the caller gave; nothing is taken from elsewhere
 *   2. the region that the account names for the block's purpose (PLAT_REGION_INTERNAL, ...)
 *   3. the system's default heap
 * Regions are heaps of ours over a piece of memory: first fit, address-ordered free list, blocks
 * rounded up to the header's size; their fragmentation is real. On a host, internal and external
 * memory are the system's heap until plat_region_simulate() puts a region of a given size there,
 * so that a device's failure can be had on a PC.
 *
 * Block header: 8 bytes on a 32-bit machine, 16 on a 64-bit one.
 *
 * Threads: any; one lock inside guards all accounts and regions, held for a few additions and, in
 * a region, the walk to a free block. The system's heap is called outside it. arena and region[] of
 * an account are set before its first block and not changed while blocks of it live.
 */
#ifndef PLAT_HEAP_H
#define PLAT_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sdkconfig.h"

#ifdef __cplusplus
extern "C" {
#endif

enum plat_mem {
    PLAT_MEM_CONNECTION,  /* handle, engine, configuration, stack context */
    PLAT_MEM_RECORD_IN,   /* buffer of the record being received */
    PLAT_MEM_RECORD_OUT,  /* buffer of the record being sent */
    PLAT_MEM_HANDSHAKE,   /* state of the handshake, key exchange, transcript */
    PLAT_MEM_CERTIFICATE, /* the peer's chain, anchors while they are parsed */
    PLAT_MEM_KEY,         /* own private key while it is used */
    PLAT_MEM_APPLICATION, /* allocated for the caller, outlives the connection */
    PLAT_MEM_PROCESS,     /* shared by all connections: PSA, random generator, CA store */
    PLAT_MEM_PURPOSES
};

/** Phases that peaks are kept for; the numbers are esp_tls_phase_t's. */
#define PLAT_MEM_PHASES 7

enum plat_region_id {
    PLAT_REGION_DEFAULT,
    PLAT_REGION_INTERNAL,
    PLAT_REGION_EXTERNAL, /* PSRAM */
    PLAT_REGION_CUSTOM,   /* the application's own: esp_mbedtls_mem_calloc() of its making */
    PLAT_REGION_IDS
};

struct plat_region; /* a heap over one piece of memory; its state lives at the start of it */

/** An account's number in the ledger. Each block has it in its header, where 64 bits have room. */
#if UINTPTR_MAX > UINT32_MAX
typedef uint32_t plat_owner;
#else
typedef uint16_t plat_owner;
#endif

struct plat_mem_use {
    uint32_t live; /* bytes requested and not yet freed */
    uint32_t peak; /* the most that was live at once */
};

struct plat_mem_phase {
    uint32_t peak;    /* the most that was live in the account during this phase */
    uint32_t largest; /* largest single request in it */
    uint32_t count;   /* allocations in it */
};

/** The last request that could not be met. size == 0: none yet. */
struct plat_mem_failure {
    uint32_t size;
    uint32_t free_bytes;   /* free in the place it was asked from, where known, else 0 */
    uint32_t largest_free; /* largest block there, where known, else 0 */
    uint8_t purpose;       /* enum plat_mem */
    uint8_t region;        /* enum plat_region_id */
    uint8_t over_limit;    /* 1: the account's limit refused it, not the heap */
};

/** Told of every allocation and release, for a timeline. size < 0: a release. Called outside the
 *  lock, in the thread that allocates; must not allocate from the account. */
typedef void (*plat_mem_trace_fn)(void *arg, enum plat_mem purpose, int32_t size, uint32_t live);

struct plat_account {
    struct plat_region *arena;         /* NULL: by region[] */
    uint8_t region[PLAT_MEM_PURPOSES]; /* enum plat_region_id */
    uint32_t limit;                    /* bytes that may be live at once; 0 = no limit */
    struct plat_mem_use total;
#ifdef CONFIG_ESP_TLS_MEMORY_DETAIL
    struct plat_mem_use by_purpose[PLAT_MEM_PURPOSES];
    struct plat_mem_phase by_phase[PLAT_MEM_PHASES];
    plat_mem_trace_fn trace;
    void *trace_arg;
#endif
    uint32_t count;   /* allocations so far */
    uint32_t largest; /* largest single request so far */
    uint32_t blocks;  /* live blocks */
    struct plat_mem_failure failure;
    plat_owner slot; /* its number in the ledger; 0: not seen yet */
    uint8_t phase; /* which by_phase[] row is written now */
};

/** Make an empty account (all zero is the default: no arena, no limit, default regions). An
 *  account may not move in memory until it is cleared; an arena must outlive its last block. */
void plat_account_init(struct plat_account *account);
/** Live blocks may remain: they move to the process account. */
void plat_account_clear(struct plat_account *account);
/** Begin a phase: its peak starts at what is live now. */
void plat_account_phase(struct plat_account *account, uint8_t phase);
/** Forget peaks, counts and failure; live figures stay. */
void plat_account_reset(struct plat_account *account);
/** The account of the whole process: takes what has no other owner. */
struct plat_account *plat_process_account(void);
/** Sum over all accounts, live and past (live, peak, count, largest, blocks). */
void plat_heap_overall(struct plat_mem_use *total, uint32_t *count, uint32_t *largest);

/** size bytes of zeroes. size 0 gives a block of 1 byte.
 *  @param account  NULL = the process account
 *  @return NULL when no memory: account->failure says what was asked and what there was */
void *plat_alloc(struct plat_account *account, enum plat_mem purpose, size_t size);
/** Memory that outlives its first user: the process owns it, and PLAT_MEM_PROCESS is its purpose.
 *  @param told  the account that learns of it when there is none; NULL: nobody */
void *plat_alloc_shared(struct plat_account *told, size_t size);
/** The same as plat_alloc(), from a region of the caller's choice whatever the account says. */
void *plat_alloc_from(struct plat_account *account, enum plat_mem purpose, enum plat_region_id id,
                      size_t size);
/** NULL is legal. A block that is not one, or was freed already, ends the program. */
void plat_free(void *block);
/** Wipe, then free; for secrets. */
void plat_free_secret(void *block);
/** The bytes that were asked for. */
size_t plat_alloc_size(const void *block);

#ifdef CONFIG_ESP_TLS_REUSE_BLOCKS
#define PLAT_REUSE_STEP      16 /* sizes are rounded up to it */
#define PLAT_REUSE_LISTS     32 /* one for each size, up to 512 bytes */
#define PLAT_REUSE_BYTES_MAX 16384

/** What one thread freed of one account, for one purpose, during one call; {0} is empty. Blocks in
 *  it are wiped, and count as live in the account. */
struct plat_reuse {
    uint32_t held; /* bit i: lists[i] is set, and not empty */
    uint32_t bytes;
    uint8_t purpose;
    void *lists[PLAT_REUSE_LISTS];
};

/** As plat_alloc() and plat_free(), for blocks that are freed in the same call. */
void *plat_reuse_alloc(struct plat_reuse *reuse, struct plat_account *account,
                       enum plat_mem purpose, size_t size);
void plat_reuse_free(struct plat_reuse *reuse, struct plat_account *account, void *block);
/** The call ends: give everything back. */
void plat_reuse_end(struct plat_reuse *reuse);
#endif

/* The application's own blocks, counted in the process account as PLAT_MEM_APPLICATION. Outside of
 * simulated regions they are blocks of the C library without a header: its free() and ours take
 * each other's. */

/** size bytes of zeroes, at least 1. @param alignment  a power of two */
void *plat_app_alloc(enum plat_region_id id, size_t alignment, size_t size);
/** Also of a block that malloc() gave. NULL is legal. */
void plat_app_free(void *block);
/** The bytes that were asked for; of a block that malloc() gave, those that can be used. */
size_t plat_app_size(const void *block);
/** Is it in a simulated region, or counted? Else it is the C library's alone. */
bool plat_app_owns(const void *block);
/** Overwrite with zeroes in a way that the compiler keeps. */
void plat_wipe(void *memory, size_t size);

/* --- regions ------------------------------------------------------------------------------ */

/** Make a heap of a piece of memory, which must outlive it.
 *  @return NULL when size is too small to hold the heap's own state and one block */
struct plat_region *plat_region_init(void *memory, size_t size);
void *plat_region_alloc(struct plat_region *region, size_t size); /* zeroed */
void plat_region_free(struct plat_region *region, void *block);
size_t plat_region_free_bytes(struct plat_region *region);   /* headers to come included */
size_t plat_region_largest_free(struct plat_region *region); /* the largest request it could meet */
size_t plat_region_min_free(struct plat_region *region);     /* the least that was ever free */
size_t plat_region_used(struct plat_region *region);         /* headers included */

/** Host only: put a region of `size` bytes in place of the internal, external or default heap
 *  (size 0: back to the system's heap; blocks still live keep their home). @return 0 or ENOMEM */
int plat_region_simulate(enum plat_region_id id, size_t size);
/** The region that stands for id now, or NULL where it is the system's heap. */
struct plat_region *plat_region_get(enum plat_region_id id);

/* --- for the platform's own use: where the default heap comes from -------------------------- */

void *plat_system_alloc(size_t size, enum plat_region_id id); /* zeroed; NULL when none */
void *plat_system_alloc_aligned(size_t alignment, size_t size, enum plat_region_id id);
size_t plat_system_size(const void *block); /* bytes that can be used */
void plat_system_free(void *block, enum plat_region_id id);

#ifdef __cplusplus
}
#endif
#endif
