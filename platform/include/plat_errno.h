/* The C library's errno, for the few calls that ESP-IDF documents to set it, and the names of its
 * numbers and of the resolver's. */
#ifndef PLAT_ERRNO_H
#define PLAT_ERRNO_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

extern const int plat_errno_inval;  /* EINVAL */
extern const int plat_errno_no_mem; /* ENOMEM */
extern const int plat_errno_again;  /* EAGAIN */

/** Set errno of the calling thread. @param os  0: errno stays as it is */
void plat_set_errno(int os);

/** Name of an errno value that sockets give: "ECONNREFUSED"; NULL for another. Static text. */
const char *plat_errno_name(int value);
/** The other way round. @return false: this platform does not have it, and *value is as it was */
bool plat_errno_value(const char *name, int *value);

/** The same of the resolver: "EAI_NONAME". */
const char *plat_resolve_name(int value);
bool plat_resolve_value(const char *name, int *value);

#ifdef __cplusplus
}
#endif
#endif
