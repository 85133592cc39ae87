/* PSA's key slots, which all connections share. Its psa_crypto_slot_management.c allocates here
 * (seam.txt), so that a slot table which grows while one connection needs a key is never taken from
 * that connection's account or arena, which it outlives.
 *
 * The first slots are static: a table that is never given back would only fragment the heap. They
 * are what one connection needs at once, or four that are open and idle; from there on the tables
 * come from the process's memory, each twice as large as the last, for any number. Mbed TLS's own
 * first table has 16, and asks a hook for another length where there is one. */
#include "mbed.h"

/** The account of the connection for which a table is made. */
static struct plat_account *asking(void)
{
    const struct mbed *m = et_mbed_current();

    return m != NULL ? m->io.account : NULL;
}

#if defined(MBEDTLS_PSA_KEY_STORE_DYNAMIC)

#include "psa_crypto_core.h"

#define FIRST_TABLE 8

extern size_t (*mbedtls_test_hook_psa_volatile_key_slice_length)(size_t table);

/* The first table, and the one of persistent keys. */
static psa_key_slot_t first[FIRST_TABLE + MBEDTLS_PSA_KEY_SLOT_COUNT];
static size_t first_used; /* slots handed out; guarded by PSA's own lock, like all of this */
static size_t first_live; /* tables of it in use */

static size_t table_length(size_t table)
{
    return (size_t)FIRST_TABLE << table;
}

void *et_mbed_slots_calloc(size_t n, size_t size)
{
    const size_t room = sizeof(first) / sizeof(first[0]);

    /* PSA's start comes here for the persistent keys, when there is no other table yet */
    mbedtls_test_hook_psa_volatile_key_slice_length = table_length;
    if (size == sizeof(first[0]) && n <= room - first_used) {
        psa_key_slot_t *table = &first[first_used];

        first_used += n;
        first_live++;
        return table;
    }
    return n != 0 && size > SIZE_MAX / n ? NULL : plat_alloc_shared(asking(), n * size);
}

void et_mbed_slots_free(void *table)
{
    if ((psa_key_slot_t *)table < first || (psa_key_slot_t *)table >= &first[first_used]) {
        plat_free(table);
        return;
    }
    if (--first_live == 0) { /* PSA was shut down: its next start finds them as new */
        plat_wipe(first, sizeof(first));
        first_used = 0;
    }
}

#else

void *et_mbed_slots_calloc(size_t n, size_t size)
{
    return plat_alloc_shared(asking(), n * size);
}

void et_mbed_slots_free(void *table)
{
    plat_free(table);
}

#endif
