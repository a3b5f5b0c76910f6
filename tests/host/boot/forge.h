/* Forged boot information from one line of text, so that a test case reads as what it is.
 *
 * A recipe is a row of words; numbers are decimal or 0x. "N*word" repeats a word.
 *      tag=T             begins a tag of type T          1=N  4=N  8=N     a byte, a word of 32 or 64 bits
 *      map=S             a map tag, entry size S         e=BASE,LENGTH,TYPE   an entry, junk up to the entry size
 *      mod=START,END     a module tag without its name   s=TEXT  long=N    characters; N times 'a'
 *      module=START,END  a whole one, its name empty     magic=N           what the loader leaves in EAX
 *      screen=A,P,W,H,B,T   a whole screen tag           ok                a map with usable memory
 *      size=N            what the tag says its size is   nopad             the tag's bytes end the block
 *      end               an end tag                      total=N total=-N  what the block says; N less than it is
 *      cut=N             the last N bytes are missing    bytes=N           the size the parser is told
 * Padding is junk. Every tag gets its true size, and the block its true total, unless the recipe says otherwise.
 */
#ifndef TESTS_BOOT_FORGE_H
#define TESTS_BOOT_FORGE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <boot/multiboot2.h>

enum { FORGE_MAX = 160 * 1024, FORGE_JUNK = 0xEE };

struct forge {
    unsigned char bytes[FORGE_MAX];
    size_t used, tag, entry_size; /* tag: where the open one begins; 0: none is open */
    size_t told;                  /* bytes the parser is told */
    uint32_t magic;
    bool has_size, has_total, has_told;
};

static void forge_put(struct forge *f, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        f->bytes[f->used++] = (unsigned char)(i < 8 ? value >> 8 * i : FORGE_JUNK);
}

static void forge_set32(struct forge *f, size_t at, uint32_t value)
{
    for (size_t i = 0; i < 4; i++)
        f->bytes[at + i] = (unsigned char)(value >> 8 * i);
}

static void forge_close(struct forge *f, bool pads)
{
    if (f->tag > 0 && !f->has_size)
        forge_set32(f, f->tag + 4, (uint32_t)(f->used - f->tag));
    while (pads && f->used % 8 != 0)
        forge_put(f, FORGE_JUNK, 1);
    f->tag = 0;
    f->has_size = false;
}

static void forge_tag(struct forge *f, uint64_t type)
{
    forge_close(f, true);
    f->tag = f->used;
    forge_put(f, type, 4);
    forge_put(f, 0, 4);
}

static void forge_entry(struct forge *f, const uint64_t *n)
{
    size_t end = f->used + f->entry_size;
    forge_put(f, n[0], 8);
    forge_put(f, n[1], 8);
    forge_put(f, n[2], 4);
    while (f->used < end)
        forge_put(f, FORGE_JUNK, 1);
    f->used = end; /* smaller than an entry: the next one overlaps */
}

static void forge_map(struct forge *f, uint64_t entry_size)
{
    forge_tag(f, 6);
    forge_put(f, entry_size, 4);
    forge_put(f, 0, 4);
    f->entry_size = (size_t)entry_size;
}

static void forge_module(struct forge *f, const uint64_t *n)
{
    forge_tag(f, 3);
    forge_put(f, n[0], 4);
    forge_put(f, n[1], 4);
}

static void forge_screen(struct forge *f, const uint64_t *n)
{
    static const size_t widths[6] = {8, 4, 4, 4, 1, 1};
    forge_tag(f, 8);
    for (size_t i = 0; i < 6; i++)
        forge_put(f, n[i], widths[i]);
    forge_put(f, FORGE_JUNK, 1);
}

/* The words that change what is said of the block; false: it is none of them. */
static bool forge_lie(struct forge *f, const char *word, const char *value, uint64_t n)
{
    if (!strcmp(word, "size")) {
        forge_set32(f, f->tag + 4, (uint32_t)n);
        f->has_size = true;
    } else if (!strcmp(word, "nopad")) {
        forge_close(f, false);
    } else if (!strcmp(word, "total")) {
        forge_close(f, true);
        forge_set32(f, 0, (uint32_t)(*value == '-' ? f->used + n : n));
        f->has_total = true;
    } else if (!strcmp(word, "cut")) {
        f->told = f->used - (size_t)n;
        f->has_told = true;
    } else if (!strcmp(word, "bytes")) {
        f->told = (size_t)n;
        f->has_told = true;
    } else if (!strcmp(word, "magic")) {
        f->magic = (uint32_t)n;
    } else {
        return false;
    }
    return true;
}

static void forge_word(struct forge *f, const char *word, const char *value)
{
    uint64_t n[6] = {0};
    const char *at = value;
    for (size_t i = 0; i < 6 && *at; i++)
        n[i] = strtoull(at, (char **)&at, 0), at += *at == ',';
    if (forge_lie(f, word, value, n[0]))
        return;
    if (!strcmp(word, "tag"))
        forge_tag(f, n[0]);
    else if (!strcmp(word, "end"))
        forge_tag(f, 0), forge_close(f, true);
    else if (!strcmp(word, "map"))
        forge_map(f, n[0]);
    else if (!strcmp(word, "ok"))
        forge_map(f, 24), forge_entry(f, (const uint64_t[]){0x100000, 0x7F00000, 1});
    else if (!strcmp(word, "e"))
        forge_entry(f, n);
    else if (!strcmp(word, "mod"))
        forge_module(f, n);
    else if (!strcmp(word, "module"))
        forge_module(f, n), forge_put(f, 0, 1);
    else if (!strcmp(word, "screen"))
        forge_screen(f, n);
    else if (!strcmp(word, "s"))
        for (; *value; value++)
            forge_put(f, (unsigned char)*value, 1);
    else if (!strcmp(word, "long"))
        memset(f->bytes + f->used, 'a', (size_t)n[0]), f->used += (size_t)n[0];
    else if (!strcmp(word, "1") || !strcmp(word, "4") || !strcmp(word, "8"))
        forge_put(f, n[0], (size_t)(*word - '0'));
    else
        fail_msg("forge: unknown word %s", word);
}

/* Builds the block; the bytes the parser may look at are f->bytes[0 .. f->told). */
static void forge(struct forge *f, const char *recipe)
{
    char line[512];
    memset(f, 0, sizeof *f);
    f->magic = MB2_MAGIC;
    forge_put(f, 0, 8);
    assert_true(strlen(recipe) < sizeof line);
    strcpy(line, recipe);
    for (char *word = strtok(line, " "); word; word = strtok(NULL, " ")) {
        char *star = strchr(word, '*'), *value;
        unsigned long times = star ? strtoul(word, NULL, 0) : 1;
        word = star ? star + 1 : word;
        value = strchr(word, '=');
        if (value)
            *value++ = '\0';
        while (times-- > 0)
            forge_word(f, word, value ? value : "");
    }
    forge_close(f, f->tag > 0);
    if (!f->has_total)
        forge_set32(f, 0, (uint32_t)f->used);
    if (!f->has_told)
        f->told = f->used;
}

#endif
