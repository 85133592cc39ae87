/* Threads of a simulated test are real ones, and so are their locks. */
#include "../posix/lock.c"
