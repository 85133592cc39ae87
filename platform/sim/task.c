/* Tasks of a simulated test are real threads, as its locks are real. */
#include "../posix/task.c"
