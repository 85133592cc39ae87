/* What the tests of the record buffers share. */
#ifndef ELASTIC_KIT_H
#define ELASTIC_KIT_H

#include "sim_test.h"

#include "esp_tls_memory.h"
#include "reframe.h"

/* Every n-th of many rounds, where they take long: a processor that is emulated, a sanitizer. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define KIT_SLOW 3
#endif
#endif
#if !defined(KIT_SLOW) && (defined(__x86_64__) || defined(__aarch64__))
#define KIT_SLOW 1
#elif !defined(KIT_SLOW)
#define KIT_SLOW 3
#endif

/** A handshake that is worth a row of its own. */
struct kit_kind {
    const char *name;
    int version;
    bool rsa;
    bool mutual;
};

extern const struct kit_kind kit_kinds[];
#define KIT_KINDS 6

/** Set server and configuration to that kind. */
void kit_use(struct sim_case *t, const struct kit_kind *kind);

/** Another handle, with this memory (NULL: as Kconfig says), and a server that begins anew. */
void kit_renew(struct sim_case *t, const esp_tls_memory_cfg_t *memory);

esp_tls_memory_stats_t kit_stats(const struct sim_case *t);
/** Bytes of record buffers that the connection holds now. */
size_t kit_record_live(const struct sim_case *t);

/** The connection holds no record buffer, and the thread has the bound of Kconfig. */
void kit_assert_at_rest(const struct sim_case *t);
void kit_assert_bound(void);

/** Connect and assert that it opened. */
void kit_open(struct sim_case *t);
/** The same with steps. */
void kit_open_async(struct sim_case *t);
/** The echoing server gives back len bytes of sim_pattern(). */
void kit_echo(struct sim_case *t, size_t len);

#endif
