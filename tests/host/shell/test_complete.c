/* Completion: what is offered at each place of a line. Of allocators and workloads all that are registered. */
#include "support.h"

#include <stdio.h>
#include <string.h>

#include <lab/misuse.h>
#include <lab/spec.h>
#include <shell/complete.h>

#include "stand_ins.h"

static struct sh_context context;
static char offered[8192]; /* the words, a blank before each, each with its end */
static char typed[200];    /* what stands before the cursor of the word to complete */

static void take(void *unused, const char *word, size_t length, char end)
{
    (void)unused;
    assert_true(strlen(typed) <= length && memcmp(word, typed, strlen(typed)) == 0);
    size_t at = strlen(offered);
    snprintf(offered + at, sizeof offered - at, " %.*s%s", (int)length, word, end == ' ' ? "_" : (char[]){end, '\0'});
}

/* What is offered behind `line`, whose last `part` is to be completed. */
static void expect(const char *line, const char *part, const char *words)
{
    const struct line_offers offers = {take, NULL};
    size_t length = strlen(line);
    char *exact = test_malloc(length + 1);
    memcpy(exact, line, length);
    exact[length] = '?'; /* the cursor may stand inside the line */
    offered[0] = '\0';
    snprintf(typed, sizeof typed, "%s", part);
    size_t start = complete_line(&context, exact, length, &offers);
    test_free(exact);
    assert_string_equal(offered, words);
    if (*words)
        assert_int_equal(start, length - strlen(part));
}

static void commands(void **state)
{
    (void)state;
    expect("", "", " allocators_ runs run_ tell_ step_ replay_ free_ misuse_ mem_ crash_ help_");
    expect("  ", "", " allocators_ runs run_ tell_ step_ replay_ free_ misuse_ mem_ crash_ help_");
    expect("ru", "ru", " runs run_");
    expect(" m", "m", " misuse_ mem_");
    expect("x", "x", "");
    expect("runx a", "a", "");
    expect("# r", "r", "");
    expect("help mem", "mem", " mem_");
    expect("help ", "", " experiments_ allocators_ runs_ run_ tell_ step_ replay_ free_ misuse_ others_ mem_ crash_ help_");
    expect("help run r", "r", "");
    expect("runs ", "", "");
}

static void words_of_a_command(void **state)
{
    (void)state;
    expect("mem ", "", " map cost");
    expect("mem  c", "c", " cost");
    expect("  mem c", "c", " cost");
    expect("mem map ", "", "");
    expect("crash d", "d", " divide double-fault");
}

/* Every name of a table, if nothing of it is typed. */
static void allocators(void **state)
{
    char all[4096] = "", both[4200];
    (void)state;
    for (const struct heap_ops *const *ops = heap_policies; *ops; ops++)
        snprintf(all + strlen(all), sizeof all - strlen(all), " %s", (*ops)->name);
    expect("allocators ", "", all);
    expect("run churn alloc=", "", all);
    snprintf(both, sizeof both, " all_%s", all);
    expect("run churn compare=", "", both);
    expect("run churn compare=first-fit,", "", all);
    expect("run churn compare=first-fit,best-fit,worst", "worst", " worst-fit");
}

static void options_of_allocators(void **state)
{
    char line[200], keys[400], words[400];
    (void)state;
    for (const struct heap_ops *const *ops = heap_policies; *ops; ops++) {
        snprintf(keys, sizeof keys, " grow=");
        for (const struct heap_option *o = (*ops)->options; o && o->key; o++) {
            snprintf(keys + strlen(keys), sizeof keys - strlen(keys), " %s=", o->key);
            words[0] = '\0';
            for (size_t i = 0; o->words && o->words[i]; i++)
                snprintf(words + strlen(words), sizeof words - strlen(words), " %s", o->words[i]);
            snprintf(line, sizeof line, "run comb compare=tlsf,%s:grow=4K:%s=", (*ops)->name, o->key);
            expect(line, "", words);
        }
        snprintf(line, sizeof line, "run comb alloc=%s:", (*ops)->name);
        expect(line, "", keys);
        snprintf(line, sizeof line, "allocators %s:grow=4K:g", (*ops)->name);
        expect(line, "g", " grow=");
        snprintf(line, sizeof line, "allocators %s:grow=", (*ops)->name);
        expect(line, "", "");
    }
    expect("allocators first-fit:order=l", "l", " lifo");
    expect("allocators none:", "", "");
}

static void runs(void **state)
{
    char all[2048] = "", line[200], words[400];
    (void)state;
    for (const struct lab_workload *w = lab_workloads; w->name; w++) {
        snprintf(all + strlen(all), sizeof all - strlen(all), " %s", w->name);
        words[0] = '\0';
        for (const struct lab_parameter *p = w->parameters; p->key; p++)
            snprintf(words + strlen(words), sizeof words - strlen(words), " %s=", p->key);
        snprintf(line, sizeof line, "run seed=1 run=%s:", w->name);
        expect(line, "", words);
    }
    strcat(all, " trace: scenario: selftest tour_");
    expect("run run=", "", all);
    expect("run tr", "tr", " trace:");
    expect("run trace:", "", " sqlite python");
    expect("run trace:sqlite,p", "p", " python");
    expect("run ramp:order=", "", " fifo lifo random");
    expect("run ramp:blocks=10:order=f", "f", " fifo");
    expect("run ramp:blocks=10:o", "o", " order=");
    expect("run nosuch:", "", "");
    expect("run scenario:", "", " best-wins_ first-wins_");
    expect("run scenario:f", "f", " first-wins_");
    expect("run selftest:", "", " machine_ heaps_");
}

static void names_alone(void **state)
{
    (void)state;
    expect("tell ", "", " best-wins_ first-wins_");
    expect("tell best-wins al", "al", " alloc=");
    /* What has no heap to work on by hand, and options of runs alone, are not offered there. */
    expect("step t", "t", " trace:");
    expect("step selftest:", "", "");
    expect("step scenario:f", "f", " first-wins_");
    expect("step comb:o", "o", "");
    expect("step ramp:o", "o", " order=");
    expect("step comb ", "", " alloc= seed= vm= heap= pages= harden= quiz=");
    expect("step comb check=", "", "");
    expect("replay p", "p", " python");
    expect("free ", "", " a_ wall[3]_");
    expect("free w", "w", " wall[3]_");
}

/* Those that belong to the kernel command line alone are not offered: a command refuses them. */
static void options(void **state)
{
    static const char keys[] = " alloc= compare= run= seed= vm= heap= pages= check= harden= fail= sample= quiz=";
    (void)state;
    expect("run churn ", "", keys);
    expect("misuse links ", "", keys);
    expect("run c", "c", " churn comb compare= check=");
    expect("run churn vm=", "", " demand_ immediate_ zero_");
    expect("run churn seed=7 check=e", "e", " end_ every_");
    expect("run churn fail=v", "v", " vmm:nth= vmm:every=");
    expect("run churn seed=", "", "");
    expect("run churn then=", "", "");
    expect("run churn nosuch=", "", "");
    expect("run churn:ops", "ops", " ops=");
    expect("run alloc=buddy:m", "m", " min=");
}

static void kinds_of_misuse(void **state)
{
    char all[2048] = "";
    (void)state;
    for (const struct lab_misuse *m = lab_misuses; m->name; m++)
        snprintf(all + strlen(all), sizeof all - strlen(all), " %s_", m->name);
    expect("misuse ", "", all);
}

/* The words that are offered for values are those the options are read by. */
static void what_is_offered_is_understood(void **state)
{
    (void)state;
    for (size_t i = 0; options_keys[i]; i++) {
        for (const char *const *word = options_hints[i].words; word && *word; word++) {
            char line[80], room[200];
            struct options parsed;
            struct lab_error error;
            char last = (*word)[strlen(*word) - 1];
            bool is_beginning = last == '=' || last == ':';
            snprintf(line, sizeof line, "%s=%s%s", options_keys[i], *word, is_beginning ? "3" : "");
            options_default(&parsed);
            if (!options_parse(&parsed, line, strlen(line), room, &error))
                fail_msg("%s: %s", line, error.message);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands),
        cmocka_unit_test(words_of_a_command),
        cmocka_unit_test(allocators),
        cmocka_unit_test(options_of_allocators),
        cmocka_unit_test(runs),
        cmocka_unit_test(names_alone),
        cmocka_unit_test(options),
        cmocka_unit_test(kinds_of_misuse),
        cmocka_unit_test(what_is_offered_is_understood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
