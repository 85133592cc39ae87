/* What a log says of the heap: how much of it is free, in what pieces, and how much was wanted. */
#include <string.h>

#include "reading_words.h"

#define HEAP_MOST (256 * 1024 * 1024) /* no device's heap is larger */

/** Which of the three a line's words so far speak of. */
struct topic {
    bool heap;
    bool is_free;
    bool largest;
    bool alloc;
};

static void take_word(struct topic *topic, const struct spot *word)
{
    topic->heap |= word_has(word, "heap");
    topic->is_free |= word_has(word, "free") || word_has(word, "avail");
    topic->largest |= word_has(word, "largest") || word_has(word, "maxblock") ||
                      word_has(word, "max_block") || word_has(word, "biggest");
    topic->alloc |= word_has(word, "alloc");
}

/** Words about a number that is none of bytes: "line 12", "at 0x3ffb0000". */
static bool is_of_others(const struct words *words, size_t i)
{
    enum context context = i > 0 ? word_context(&words->items[i - 1]) : NOTHING;

    return context == OF_ALERT || context == OF_ERRNO ||
           (context == OF_OTHERS && i > 0 && !word_has(&words->items[i - 1], "len"));
}

static bool fails(const struct words *words)
{
    for (size_t i = 0; i < words->count; i++) {
        if (word_has(&words->items[i], "fail") || word_is(&words->items[i], "cannot")) {
            return true;
        }
    }
    return false;
}

/** "Free heap: 20480", "largest free block 8192", "alloc(16749 bytes) failed". */
static void take_number(struct heap_said *heap, const struct topic *topic, unsigned bytes,
                        bool has_failed)
{
    if (topic->largest) {
        heap->largest = bytes;
    } else if (topic->heap && topic->is_free) {
        heap->free = bytes;
    } else if (topic->alloc && has_failed && heap->wanted == 0) {
        heap->wanted = bytes;
    }
}

void heap_read(struct heap_said *heap, const struct spot *line)
{
    const struct line text = {.text = line->text, .len = line->len, .number = line->line};
    struct topic topic = {0};
    struct words words;
    bool has_failed;

    words_split(&text, &words);
    has_failed = fails(&words);
    for (size_t i = 0; i < words.count; i++) {
        int value;

        if (word_number(&words.items[i], &value) != DECIMAL) {
            take_word(&topic, &words.items[i]);
        } else if (value > 0 && value < HEAP_MOST && !is_of_others(&words, i)) {
            take_number(heap, &topic, (unsigned)value, has_failed);
            topic.largest = false;
            topic.is_free = false;
        }
    }
}
