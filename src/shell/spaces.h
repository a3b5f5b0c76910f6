/* Address spaces shown: the same address over different frames, and one frame in two spaces. */
#ifndef SHELL_SPACES_H
#define SHELL_SPACES_H

#include "context.h"

/* `space`: makes two address spaces, writes and reads in them, shows the translations, destroys them. */
void spaces_show(struct sh_context *c, const char *arguments);

/* The same without a word: whether everything was as it must be, and every frame came back. */
bool spaces_hold(struct sh_context *c);

#endif
