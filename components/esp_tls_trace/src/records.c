#include "records.h"

void et_records_scan(struct record_scan *scan, const uint8_t *bytes, size_t len,
                     void (*found)(void *arg, uint8_t type, uint16_t len), void *arg)
{
    while (len > 0 && !scan->is_lost) {
        if (scan->left > 0) {
            size_t step = len < scan->left ? len : scan->left;

            scan->left = (uint16_t)(scan->left - step);
            bytes += step;
            len -= step;
            continue;
        }
        scan->header[scan->header_len++] = *bytes++;
        len--;
        if (scan->header_len < sizeof(scan->header)) {
            continue;
        }
        scan->header_len = 0;
        scan->is_lost = scan->header[0] < RECORD_CHANGE_CIPHER_SPEC ||
                        scan->header[0] > RECORD_APPLICATION || scan->header[1] != 3;
        scan->left = (uint16_t)(scan->header[3] << 8 | scan->header[4]);
        if (!scan->is_lost) {
            found(arg, scan->header[0], scan->left);
        }
    }
}
