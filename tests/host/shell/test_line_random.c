/* The line editor under random keys, with pauses and pastes: the text is a plain model's, and after every pause the terminal shows it,
 * on 80 columns and on 132, on terminals that wrap at once and on those that wait. */
#include "typist.h"

#include <stdio.h>

#include <stdlib.h>

enum { RUNS = 60, KEYS = 1500 };

static uint64_t state_of_random;

static size_t below(size_t limit)
{
    return (size_t)(test_random(&state_of_random) % limit);
}

/* What the line must be, as the simplest code has it. */
static char model[LINE_MAX_CHARACTERS + 1];
static size_t model_length, model_cursor;
static bool model_is_too_long;

static void model_insert(char character)
{
    if (model_length == LINE_MAX_CHARACTERS) {
        model_is_too_long = true;
        return;
    }
    for (size_t i = model_length; i > model_cursor; i--)
        model[i] = model[i - 1];
    model[model_cursor++] = character;
    model_length++;
}

static void model_erase(size_t at)
{
    for (size_t i = at; i + 1 < model_length; i++)
        model[i] = model[i + 1];
    model_length--;
}

static void model_backspace(void)
{
    if (model_cursor > 0)
        model_erase(--model_cursor);
}

static void model_delete(void)
{
    if (model_cursor < model_length)
        model_erase(model_cursor);
}

static void model_erase_word(void)
{
    while (model_cursor > 0 && model[model_cursor - 1] == ' ')
        model_backspace();
    while (model_cursor > 0 && model[model_cursor - 1] != ' ')
        model_backspace();
}

static void model_cut(void)
{
    model_length = model_cursor;
}

static void model_clear(void)
{
    model_length = model_cursor = 0;
    model_is_too_long = false;
}

static void model_left(void)
{
    model_cursor -= model_cursor > 0;
}

static void model_right(void)
{
    model_cursor += model_cursor < model_length;
}

static void model_home(void)
{
    model_cursor = 0;
}

static void model_end(void)
{
    model_cursor = model_length;
}

static void model_nothing(void)
{
}

static const struct {
    const char *bytes;
    void (*model)(void);
    unsigned weight;
} keys[] = {
    {"\177", model_backspace, 40}, {"\b", model_backspace, 10}, {DELETE, model_delete, 30},
    {"\027", model_erase_word, 6}, {"\013", model_cut, 2},      {"\025", model_clear, 1},
    {LEFT, model_left, 60},        {RIGHT, model_right, 40},    {HOME, model_home, 8},
    {END, model_end, 12},          {"\014", model_nothing, 4},  {"\033[Z", model_nothing, 4},
    {"\007", model_nothing, 4},
};

static void feed(const char *bytes)
{
    for (; *bytes; bytes++)
        assert_int_equal(line_feed(&line, (unsigned char)*bytes), LINE_GOES_ON);
}

static void press_a_key(void)
{
    size_t all = 0, i = 0;
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
        all += keys[k].weight;
    size_t at = below(all);
    for (; at >= keys[i].weight; i++)
        at -= keys[i].weight;
    size_t times = below(10) == 0 ? 1 + below(60) : 1;
    for (; times > 0; times--) {
        feed(keys[i].bytes);
        keys[i].model();
    }
}

/* Some characters in one go; a Tab among them, but not at the end, is a blank. */
static void paste(void)
{
    size_t count = 1 + (below(12) == 0 ? below(300) : below(4));
    for (size_t i = 0; i < count; i++) {
        char character = (char)(below(6) == 0 ? ' ' : '!' + (int)below(94));
        char byte[2] = {below(40) == 0 && i + 1 < count ? '\t' : character, '\0'};
        feed(byte);
        model_insert(byte[0] == '\t' ? ' ' : character);
    }
}

static void compare(uint64_t seed)
{
    bool is_same = line.length == model_length && line.cursor == model_cursor &&
                   memcmp(line.text, model, model_length) == 0 && line.too_long == model_is_too_long;
    if (!is_same)
        fail_msg("seed %llu: the text is '%.*s', cursor %zu", (unsigned long long)seed, (int)line.length, line.text,
                 line.cursor);
}

static void look(uint64_t seed)
{
    const char *problem = terminal_differs(&terminal, &line);
    if (problem)
        fail_msg("seed %llu: %s: text '%.*s', cursor %zu, row '%.80s'", (unsigned long long)seed, problem,
                 (int)line.length, line.text, line.cursor, terminal.cells[terminal.row]);
}

/* Enter: the last thing the terminal shows is the whole line, below it nothing. */
static void enter(uint64_t seed)
{
    size_t rows = (6 + model_length) / terminal.columns + 1;
    enum line_status status = line_feed(&line, '\r');
    assert_int_equal(status, model_is_too_long ? LINE_TOO_LONG : LINE_READ);
    model[model_length] = '\0';
    assert_string_equal(line.text, model);
    size_t row = (terminal.row + TERMINAL_ROWS - rows) % TERMINAL_ROWS;
    if ((6 + model_length) % terminal.columns == 0) /* the last row is full: a terminal may have wrapped already */
        row = terminal.waits_to_wrap ? (row + 1) % TERMINAL_ROWS : row;
    if (!terminal_shows_whole(&terminal, row, "kfit> ", model) || terminal.column != 0)
        fail_msg("seed %llu: '%s' is not shown whole at its end", (unsigned long long)seed, model);
    line_begin(&line);
    model_clear();
}

static void run(uint64_t seed)
{
    state_of_random = seed;
    typist_begin(NULL);
    terminal_clear(&terminal, seed % 2 ? 80 : 132, seed % 4 < 2);
    line_begin(&line);
    model_clear();
    for (size_t i = 0; i < KEYS; i++) {
        if (below(3) > 0)
            paste();
        else
            press_a_key();
        bool is_at_pause = below(3) > 0;
        if (!is_at_pause)
            continue;
        bool waits = line_show(&line);
        compare(seed);
        if (below(8) == 0)
            continue; /* the paste goes on */
        if (waits)
            line_pause(&line);
        line_rest(&line);
        look(seed);
        if (below(150) == 0)
            enter(seed);
    }
    enter(seed);
}

static void random_keys(void **state)
{
    (void)state;
    size_t runs = getenv("KFIT_DEEP") ? 100 * RUNS : RUNS;
    for (uint64_t seed = 1; seed <= runs; seed++)
        run(seed);
}

/* Any bytes at all, a pause behind each with one chance in four. */
static void random_bytes(void **state)
{
    (void)state;
    size_t count = getenv("KFIT_DEEP") ? 10000000 : 1000000;
    typist_begin(NULL);
    state_of_random = 77;
    for (size_t i = 0; i < count; i++) {
        enum line_status status = line_feed(&line, (unsigned char)below(below(4) ? 256 : 32));
        if (status != LINE_GOES_ON)
            line_begin(&line);
        assert_true(line.cursor <= line.length && line.length <= LINE_MAX_CHARACTERS);
        if (below(4) > 0)
            continue;
        if (line_show(&line))
            line_pause(&line);
        line_rest(&line);
        look(77);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_keys), cmocka_unit_test(random_bytes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
