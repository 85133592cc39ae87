#include "findings.h"

#include <stdarg.h>
#include <stdlib.h>

#include "cli/text.h"

static bool make_room(struct findings *f)
{
    size_t room = f->room == 0 ? 16 : 2 * f->room;
    struct finding *grown;

    if (f->count < f->room) {
        return true;
    }
    grown = realloc(f->item, room * sizeof(*grown));
    if (grown == NULL) {
        f->no_memory = true;
        return false;
    }
    f->item = grown;
    f->room = room;
    return true;
}

void findings_add(struct findings *f, enum finding_level level, const char *code, int certificate,
                  const char *format, ...)
{
    struct finding *item;
    va_list args;

    f->errors += level == FINDING_ERROR;
    if (!make_room(f)) {
        return;
    }
    item = &f->item[f->count++];
    item->level = level;
    item->code = code;
    item->certificate = certificate;
    va_start(args, format);
    (void)vsnprintf(item->text, sizeof(item->text), format, args);
    va_end(args);
}

void findings_clear(struct findings *f)
{
    free(f->item);
    *f = (struct findings){0};
}

static const char *const levels[] = {"error", "warning", "note"};

void findings_print(const struct findings *f, FILE *out)
{
    for (size_t i = 0; i < f->count; i++) {
        struct text text = {0};

        text_add(&text, "%s: %s", levels[f->item[i].level], f->item[i].text);
        text_print(&text, out);
    }
}

void findings_json(const struct findings *f, struct json *j)
{
    json_array(j, "findings");
    for (size_t i = 0; i < f->count; i++) {
        json_object(j, NULL);
        json_string(j, "level", levels[f->item[i].level]);
        json_string(j, "code", f->item[i].code);
        json_number(j, "certificate", f->item[i].certificate);
        json_string(j, "text", f->item[i].text);
        json_end(j, false);
    }
    json_end(j, true);
}
