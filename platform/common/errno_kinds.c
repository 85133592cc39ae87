#include <errno.h>

#include "plat_net.h"

bool plat_is_no_mem(int os)
{
    return os == ENOMEM;
}

bool plat_is_reset(int os)
{
    return os == ECONNRESET || os == EPIPE;
}
