/* What the preload library prints: composed on the stack, written with write(2); the program's stdio is untouched. */
#include "preload.h"

#include <alloc/heap_ops.h>
#include <lab/metrics.h>
#include <lab/report.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 1024 }; /* longer than any line below */

/* One line in the making. */
struct line {
    char text[LINE_MAX_BYTES];
    struct lab_buffer buffer;
    struct lab_sink sink;
};

static void line_begin(struct line *line)
{
    line->sink = lab_buffer_sink(&line->buffer, line->text, sizeof line->text);
}

/* Ends the line and writes it in one piece; what a full disk or a closed descriptor refuses is lost. */
static void line_write(struct line *line, int descriptor)
{
    lab_print(&line->sink, "\n");
    line->text[line->buffer.length - 1] = '\n'; /* also if it was cut */
    while (write(descriptor, line->text, line->buffer.length) < 0 && errno == EINTR)
        continue;
}

_Noreturn void preload_fail(int status, const char *format, ...)
{
    struct line line;
    va_list arguments;
    line_begin(&line);
    lab_print(&line.sink, "kfit-preload: ");
    va_start(arguments, format);
    lab_print_list(&line.sink, format, arguments);
    va_end(arguments);
    line_write(&line, STDERR_FILENO);
    _exit(status);
}

void preload_report_fault(const struct heap *h)
{
    struct line line;
    line_begin(&line);
    lab_print_fault(&line.sink, heap_fault_text(h->fault.class), &h->fault, h->ops->name);
    line_write(&line, STDERR_FILENO);
}

void preload_report_assertion(const char *expression, const char *file, int line_number)
{
    struct line line;
    line_begin(&line);
    lab_print(&line.sink, "kfit-preload: %s:%d: assertion failed: %s", file, line_number, expression);
    line_write(&line, STDERR_FILENO);
}

/* ---- statistics ---- */

static void print_counts(const struct lab_sink *sink, const struct preload_account *account)
{
    const struct heap_counters *c = &account->heap->counters;
    lab_print(sink, " calls=%ju refused=%ju live=%zu used_peak=%zu", (uintmax_t)(c->operations - account->calls_before),
              (uintmax_t)(c->refused - account->refused_before), c->live, account->used_peak);
}

/* `shape` is what could be walked, if the blocks do not tile. */
static void print_shape(const struct lab_sink *sink, const struct heap_shape *shape)
{
    lab_print(sink, " heap=%zu used=%zu free=%zu holes=%zu largest_hole=%zu ext_frag=%u", shape->committed, shape->used,
              shape->free, shape->holes, shape->largest_hole, lab_ext_frag(shape));
}

/* The file's descriptor, or standard error where there is no file or it does not open. */
static int statistics_open(const char *name)
{
    int descriptor = name[0] ? open(name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666) : -1;
    return descriptor < 0 ? STDERR_FILENO : descriptor;
}

void preload_report_statistics(const struct preload_account *account, enum heap_fault_class fault)
{
    struct line line;
    struct heap_shape shape;
    const struct preload_settings *s = account->settings;
    heap_measure(account->heap, &shape);
    line_begin(&line);
    lab_print(&line.sink, "kfit-preload pid=%d program=%s alloc=%s harden=%u", (int)getpid(), account->program,
              s->alloc_text, s->harden);
    print_counts(&line.sink, account);
    print_shape(&line.sink, &shape);
    lab_print(&line.sink, " check=%s", heap_fault_text(fault));
    int descriptor = statistics_open(s->statistics);
    line_write(&line, descriptor);
    if (descriptor != STDERR_FILENO)
        close(descriptor);
}
