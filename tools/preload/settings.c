/* The settings of the preload library, from the environment; the kfit command puts them there. */
#include "preload.h"

#include <lab/number.h>

#include <string.h>

/* The environment is read from the stack the process was started with: the first allocation may come before the C
 * library has set its own variable, and the program cannot have changed this. glibc's name, set by the dynamic linker:
 * it points to
 *     argc | argv[0] ... argv[argc - 1] | NULL | "NAME=value" ... | NULL */
extern void *__libc_stack_end;

#define HEAP_DEFAULT ((size_t)4 << 30)
#define HEAP_LEAST ((size_t)1 << 20)
#define HEAP_MOST ((size_t)1 << 40)

/* The value of that name in the environment, NULL if it is not there. */
static const char *setting(const char *name)
{
    const long *argc = __libc_stack_end;
    const char *const *word = (const char *const *)(argc + 1) + *argc + 1;
    size_t length = strlen(name);
    for (; *word; word++) {
        if (strncmp(*word, name, length) == 0 && (*word)[length] == '=')
            return *word + length + 1;
    }
    return NULL;
}

static void copy_setting(const char *name, const char *fallback, char *to, size_t capacity)
{
    const char *text = setting(name);
    if (!text)
        text = fallback;
    size_t length = strlen(text);
    if (length >= capacity)
        preload_fail(PRELOAD_BAD_INPUT, "%s is longer than %zu characters", name, capacity - 1);
    memcpy(to, text, length + 1);
}

/* A number from least to most, K, M and G understood; `what` is its name for people. */
static uint64_t number_setting(const char *name, const char *what, uint64_t fallback, uint64_t least, uint64_t most)
{
    uint64_t value;
    const char *text = setting(name);
    if (!text)
        return fallback;
    if (lab_parse_number(text, strlen(text), true, &value) != LAB_NUMBER_OK || value < least || value > most)
        preload_fail(PRELOAD_BAD_INPUT, "%s '%s': a number from %ju to %ju", what, text, (uintmax_t)least,
                     (uintmax_t)most);
    return value;
}

void preload_read_settings(struct preload_settings *settings)
{
    struct lab_error error;
    copy_setting("KFIT_PRELOAD_ALLOC", "first-fit", settings->alloc_text, sizeof settings->alloc_text);
    copy_setting("KFIT_PRELOAD_STATS", "", settings->statistics, sizeof settings->statistics);
    if (!lab_parse_alloc(settings->alloc_text, strlen(settings->alloc_text), &settings->alloc, &error))
        preload_fail(PRELOAD_BAD_INPUT, "%s", error.message);
    if (settings->statistics[0] && settings->statistics[0] != '/')
        preload_fail(PRELOAD_BAD_INPUT, "statistics file '%s': the name must begin with /", settings->statistics);
    settings->harden = (unsigned)number_setting("KFIT_PRELOAD_HARDEN", "harden", 1, 0, HEAP_HARDEN_MAX);
    settings->heap = number_setting("KFIT_PRELOAD_HEAP", "heap", HEAP_DEFAULT, HEAP_LEAST, HEAP_MOST);
    settings->heap &= ~(HEAP_GRAIN - 1);
}
