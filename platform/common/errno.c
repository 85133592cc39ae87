#include <errno.h>

#include "plat_errno.h"

const int plat_errno_inval = EINVAL;
const int plat_errno_no_mem = ENOMEM;

void plat_set_errno(int os)
{
    if (os != 0) {
        errno = os;
    }
}
