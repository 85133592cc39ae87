/* Mbed TLS's mutexes, made of the platform's. The build takes this file in place of Mbed TLS's
 * threading.c, whose pointers lead nowhere until somebody sets them: here they, and the mutexes
 * that the process has, are right from the beginning. An application may use PSA before esp-tls,
 * and a platform's start-up code need not run constructors. */
#include "mbed.h"

#include "mbedtls/threading.h"
#include "plat_lock.h"

static void mutex_init(mbedtls_threading_mutex_t *mutex)
{
    mutex->usable = plat_mutex_init(&mutex->mutex) == 0;
}

static void mutex_free(mbedtls_threading_mutex_t *mutex)
{
    if (mutex->usable) {
        plat_mutex_clear(&mutex->mutex);
        mutex->usable = 0;
    }
}

static int mutex_lock(mbedtls_threading_mutex_t *mutex)
{
    if (!mutex->usable) {
        return MBEDTLS_ERR_THREADING_MUTEX_ERROR;
    }
    plat_mutex_lock(&mutex->mutex);
    return 0;
}

static int mutex_unlock(mbedtls_threading_mutex_t *mutex)
{
    if (!mutex->usable) {
        return MBEDTLS_ERR_THREADING_MUTEX_ERROR;
    }
    plat_mutex_unlock(&mutex->mutex);
    return 0;
}

void (*mbedtls_mutex_init)(mbedtls_threading_mutex_t *) = mutex_init;
void (*mbedtls_mutex_free)(mbedtls_threading_mutex_t *) = mutex_free;
int (*mbedtls_mutex_lock)(mbedtls_threading_mutex_t *) = mutex_lock;
int (*mbedtls_mutex_unlock)(mbedtls_threading_mutex_t *) = mutex_unlock;

#define READY                                                                                      \
    {                                                                                              \
        PLAT_MUTEX_INITIALIZER, 1                                                                  \
    }

#if defined(MBEDTLS_FS_IO)
mbedtls_threading_mutex_t mbedtls_threading_readdir_mutex = READY;
#endif
#if defined(MBEDTLS_HAVE_TIME_DATE) && !defined(MBEDTLS_PLATFORM_GMTIME_R_ALT)
mbedtls_threading_mutex_t mbedtls_threading_gmtime_mutex = READY;
#endif
mbedtls_threading_mutex_t mbedtls_threading_key_slot_mutex = READY;
mbedtls_threading_mutex_t mbedtls_threading_psa_globaldata_mutex = READY;
mbedtls_threading_mutex_t mbedtls_threading_psa_rngdata_mutex = READY;
