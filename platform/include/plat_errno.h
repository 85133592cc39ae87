/* The C library's errno, for the few calls that ESP-IDF documents to set it. */
#ifndef PLAT_ERRNO_H
#define PLAT_ERRNO_H

#ifdef __cplusplus
extern "C" {
#endif

extern const int plat_errno_inval;  /* EINVAL */
extern const int plat_errno_no_mem; /* ENOMEM */

/** Set errno of the calling thread. @param os  0: errno stays as it is */
void plat_set_errno(int os);

#ifdef __cplusplus
}
#endif
#endif
