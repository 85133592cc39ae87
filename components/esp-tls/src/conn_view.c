/* What observers may know of a handle (observer.h). */
#include "conn.h"

struct observed *et_conn_observed(esp_tls_t *tls)
{
    return &tls->observed;
}

void et_conn_facts(const esp_tls_t *tls, struct conn_facts *facts)
{
    *facts = (struct conn_facts){.timeout_ms = tls->timeout_ms,
                                 .is_writing = !tls->is_reading,
                                 .has_begun = tls->err.now != ESP_TLS_PHASE_NONE,
                                 .memory = &tls->account.failure};
}
