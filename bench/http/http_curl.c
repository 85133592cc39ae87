/* With libcurl's easy interface, one handle for all requests, as its manual advises. */
#include "bench.h"

#include <curl/curl.h>
#include <stdio.h>

static const char *authority;

int bench_prepare(const char *ca_file, const char *ca)
{
    (void)ca;
    authority = ca_file;
    return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? 0 : 1;
}

static size_t on_data(char *data, size_t one, size_t len, void *arg)
{
    (void)data;
    *(uint64_t *)arg += one * len;
    return one * len;
}

struct bench_client *bench_open(const char *url, int buffer)
{
    CURL *curl = curl_easy_init();

    if (curl == NULL) {
        return NULL;
    }
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_CAINFO, authority);
    curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION,
                     CURL_SSLVERSION_TLSv1_2 | CURL_SSLVERSION_MAX_TLSv1_2);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data);
    if (buffer != 0) {
        curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, (long)buffer);
    }
    return (struct bench_client *)curl;
}

int bench_get(struct bench_client *c, uint64_t *body)
{
    CURL *curl = (CURL *)c;
    CURLcode code;
    long status = 0;

    curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
    code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK || status != 200) {
        fprintf(stderr, "%s, status %ld\n", curl_easy_strerror(code), status);
        return 1;
    }
    return 0;
}

void bench_close(struct bench_client *c)
{
    curl_easy_cleanup((CURL *)c);
}
