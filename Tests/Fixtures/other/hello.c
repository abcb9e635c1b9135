// A child that no preloaded library may disturb: static, musl, 32-bit, set-id. Counts its runs in
// the first free word of the tally, and ends with 77.
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv) {
  unsigned long long runs = 0;
  int fd = argc > 1 ? open(argv[1], O_RDWR) : -1;
  if (fd >= 0 && pread(fd, &runs, 8, 8 * 100) == 8) {
    runs++;
    if (pwrite(fd, &runs, 8, 8 * 100) != 8) return 1;
  }
  puts("hello");
  fflush(stdout);
  return 77;
}
