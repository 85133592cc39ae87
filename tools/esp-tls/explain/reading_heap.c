/* What a log says of the heap: how much of it is free, in what pieces, and how much was wanted. */
#include <string.h>

#include "reading_words.h"

#define HEAP_MOST (256 * 1024 * 1024) /* no device's heap is larger */

/** What a line's words so far speak of: `heap` and `alloc` to its end, the rest up to the next
 *  number. */
struct topic {
    bool heap;
    bool alloc;
    bool calloc;
    bool is_free;
    bool block;
    bool largest;
    bool lowest; /* ever: it says nothing of now */
};

static bool has_any(const struct spot *word, const char *const *parts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (word_has(word, parts[i])) {
            return true;
        }
    }
    return false;
}

#define HAS_ANY(word, parts) has_any(word, parts, sizeof(parts) / sizeof((parts)[0]))

static bool is_largest(const struct spot *word)
{
    static const char *const parts[] = {"largest", "biggest", "maxblock", "max_block"};

    return HAS_ANY(word, parts);
}

static bool is_free(const struct spot *word)
{
    static const char *const parts[] = {"free", "avail"};
    static const char *const others[] = {"freertos", "freed", "freeing"};

    return HAS_ANY(word, parts) && !HAS_ANY(word, others);
}

static bool is_lowest(const struct spot *word)
{
    static const char *const parts[] = {"minimum", "lowest",  "water",    "min_",
                                        "minfree", "minheap", "free_min", "heap_min"};

    return HAS_ANY(word, parts) || word_is(word, "min") || word_is(word, "ever");
}

static void take_word(struct topic *topic, const struct spot *word)
{
    topic->heap |= word_has(word, "heap");
    topic->alloc |= word_has(word, "alloc");
    topic->calloc |= word_has(word, "calloc");
    topic->is_free |= is_free(word);
    topic->block |= word_has(word, "block");
    topic->largest |= is_largest(word);
    topic->lowest |= is_lowest(word);
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

/** Is what is largest a piece of the heap? "largest free block 8192", "free heap 28672, largest
 *  16384"; but not "largest record 16384". */
static bool is_of_heap(const struct topic *topic, const struct spot *before)
{
    return topic->is_free || topic->block ||
           (topic->heap && (is_largest(before) || word_has(before, "heap")));
}

/** Of calloc() the count of pieces comes first, then the size of one: "calloc(1, 16717)".
 *  @return where the size stands; i: it stands nowhere */
static size_t size_at(const struct words *words, size_t i, int *size)
{
    size_t at = i + 1;

    if (at < words->count && (word_is(&words->items[at], "size") ||
                              word_is(&words->items[at], "x") || word_is(&words->items[at], "*"))) {
        at++;
    }
    return at < words->count && word_number(&words->items[at], size) == DECIMAL && *size > 0 ? at
                                                                                             : i;
}

/** "alloc(16749 bytes) failed". @return where the last of its numbers stands */
static size_t take_wanted(struct heap_said *heap, const struct topic *topic,
                          const struct words *words, size_t i, int value)
{
    int size = 1;
    size_t last = topic->calloc ? size_at(words, i, &size) : i;

    if (last == i) {
        heap->wanted = (unsigned)value;
    } else if (value < HEAP_MOST / size) {
        heap->wanted = (unsigned)value * (unsigned)size;
    }
    return last;
}

/** @return where the last number that was taken stands */
static size_t take_number(struct heap_said *heap, const struct topic *topic,
                          const struct words *words, size_t i, int value)
{
    if (topic->lowest) {
        return i;
    }
    if (topic->largest) {
        if (is_of_heap(topic, &words->items[i - 1])) {
            heap->largest = (unsigned)value;
        }
    } else if (topic->heap && topic->is_free) {
        heap->free = (unsigned)value;
    } else if (topic->alloc && heap->wanted == 0 && fails(words)) {
        return take_wanted(heap, topic, words, i, value);
    }
    return i;
}

void heap_read(struct heap_said *heap, const struct spot *line)
{
    const struct line text = {.text = line->text, .len = line->len, .number = line->line};
    struct topic topic = {0};
    struct words words;

    words_split(&text, &words);
    for (size_t i = 0; i < words.count; i++) {
        int value;

        if (word_number(&words.items[i], &value) != DECIMAL) {
            take_word(&topic, &words.items[i]);
        } else if (value > 0 && value < HEAP_MOST && !is_of_others(&words, i)) {
            i = take_number(heap, &topic, &words, i, value);
            topic =
                (struct topic){.heap = topic.heap, .alloc = topic.alloc, .calloc = topic.calloc};
        }
    }
}
