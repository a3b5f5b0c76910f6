/* Inside shell/: what the Tab key does to a line. */
#ifndef SHELL_LINE_TAB_H
#define SHELL_LINE_TAB_H

#include "line.h"

/* Adds what all words that may stand at the cursor have in common; if that is nothing, lists them below and begins the row anew. */
void line_tab(struct line *l);

#endif
