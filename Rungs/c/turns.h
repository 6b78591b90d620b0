/* What the two programs here have in common: their command line. */
#ifndef TURNS_H
#define TURNS_H

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BAD_USAGE = 64 };

typedef struct {
  bool timers; /* or wakeups */
  uint32_t count;
} turns;

static inline turns parse_turns(int argc, char **argv) {
  turns result = {.timers = argc == 3 && strcmp(argv[1], "timers") == 0};
  char *rest = NULL;
  errno = 0;
  unsigned long long count = argc == 3 ? strtoull(argv[2], &rest, 10) : 0;
  if (argc != 3 || (!result.timers && strcmp(argv[1], "wakeups") != 0) ||
      !isdigit((unsigned char)argv[2][0]) || *rest != '\0' || errno != 0 || count > UINT32_MAX) {
    fprintf(stderr, "usage: %s timers|wakeups COUNT\n", argv[0]);
    exit(BAD_USAGE);
  }
  result.count = (uint32_t)count;
  return result;
}

#endif
