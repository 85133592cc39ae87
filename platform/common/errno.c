#define _GNU_SOURCE /* EAI_NODATA and others */
#include "plat_errno.h"

#include <errno.h>
#include <netdb.h>
#include <stddef.h>
#include <string.h>

const int plat_errno_inval = EINVAL;
const int plat_errno_no_mem = ENOMEM;
const int plat_errno_again = EAGAIN;

void plat_set_errno(int os)
{
    if (os != 0) {
        errno = os;
    }
}

struct named {
    int value;
    const char *name;
};

/* clang-format off */
#define N(name) {name, #name}
/* clang-format on */

static const struct named errnos[] = {
    N(EPERM),           N(ENOENT),       N(EINTR),        N(EIO),           N(ENXIO),
    N(EBADF),           N(EAGAIN),       N(ENOMEM),       N(EACCES),        N(EFAULT),
    N(EBUSY),           N(EEXIST),       N(ENODEV),       N(EINVAL),        N(ENFILE),
    N(EMFILE),          N(ENOSPC),       N(EPIPE),        N(ERANGE),        N(EPROTO),
    N(ENOSYS),          N(EOVERFLOW),    N(ENOTSOCK),     N(EDESTADDRREQ),  N(EMSGSIZE),
    N(EPROTOTYPE),      N(ENOPROTOOPT),  N(EOPNOTSUPP),   N(EAFNOSUPPORT),  N(EADDRINUSE),
    N(EPROTONOSUPPORT), N(ENETDOWN),     N(ENETUNREACH),  N(EADDRNOTAVAIL), N(ENETRESET),
    N(ECONNABORTED),    N(ECONNRESET),   N(ENOBUFS),      N(EISCONN),       N(ENOTCONN),
    N(ETIMEDOUT),       N(ECONNREFUSED), N(EHOSTUNREACH), N(EALREADY),      N(EINPROGRESS),
    N(ECANCELED),
#ifdef EHOSTDOWN
    N(EHOSTDOWN),
#endif
};

/* What POSIX has, and what only some C libraries have. */
static const struct named resolver[] = {
    N(EAI_BADFLAGS),   N(EAI_NONAME),  N(EAI_AGAIN),  N(EAI_FAIL),   N(EAI_FAMILY),
    N(EAI_SOCKTYPE),   N(EAI_SERVICE), N(EAI_MEMORY), N(EAI_SYSTEM), N(EAI_OVERFLOW),
#ifdef EAI_NODATA
    N(EAI_NODATA),
#endif
#ifdef EAI_ADDRFAMILY
    N(EAI_ADDRFAMILY),
#endif
#ifdef EAI_CANCELED
    N(EAI_CANCELED),
#endif
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *name_of(const struct named *rows, size_t count, int value)
{
    for (size_t i = 0; i < count; i++) {
        if (rows[i].value == value) {
            return rows[i].name;
        }
    }
    return NULL;
}

static bool value_of(const struct named *rows, size_t count, const char *name, int *value)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(rows[i].name, name) == 0) {
            *value = rows[i].value;
            return true;
        }
    }
    return false;
}

const char *plat_errno_name(int value)
{
    return name_of(errnos, COUNT(errnos), value);
}

bool plat_errno_value(const char *name, int *value)
{
    return value_of(errnos, COUNT(errnos), name, value);
}

const char *plat_resolve_name(int value)
{
    return name_of(resolver, COUNT(resolver), value);
}

bool plat_resolve_value(const char *name, int *value)
{
    return value_of(resolver, COUNT(resolver), name, value);
}
