// The tally of the Fortran program: as fixture.c opens it for the C program. Built without coverage.
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

static uint64_t *tally;

__attribute__((constructor(101))) static void open_tally(int argc, char **argv) {
  if (argc < 3) return;
  int file = open(argv[1], O_RDWR | O_CLOEXEC);
  void *map = file < 0 ? MAP_FAILED : mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (map != MAP_FAILED) tally = map;
}

void mark(int number) { __atomic_fetch_add(&tally[number], 1, __ATOMIC_SEQ_CST); }
