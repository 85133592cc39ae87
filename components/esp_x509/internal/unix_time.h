/* Dates as numbers. */
#ifndef UNIX_TIME_H
#define UNIX_TIME_H

#include <stdint.h>

/** Days from 1970-01-01 to a date of the Gregorian calendar. */
int64_t et_unix_days(int year, int month, int day);

#endif
