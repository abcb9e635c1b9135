// Ends normally and runs nothing after LLVM's own runtime would have written its profile: for the
// byte for byte comparison with the toolchain's reports.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct list {
  struct list *next;
  int value;
};

#define SQUARE(x) ((x) * (x))
#define FOR_EACH(item, list) for (struct list *item = list; item; item = item->next)

static struct list *push(struct list *list, int value) {
  struct list *item = (struct list *)malloc(sizeof *item);
  if (!item) abort();
  item->next = list;
  item->value = value;
  return item;
}

static int never_called(int number) { return number > 2 ? number : -number; }

static inline int classify(int number) {
  switch (number % 5) {
    case 0:
      return number > 10 && number < 50 ? 1 : 2;
    case 1:
    case 2:
      return number & 1 || number > 90;
    default:
      return number == 3 ? never_called(number) : 0;
  }
}

int main(int argc, char **argv) {
  struct list *list = NULL;
  int sum = 0, count = argc > 1 ? atoi(argv[1]) : 100;
  for (int i = 0; i < count; i++)
    if (i % 3 || (i > 50 && i < 60)) list = push(list, SQUARE(i));
  FOR_EACH(item, list) sum += classify(item->value) + SQUARE(1);
  while (list) {
    struct list *next = list->next;
    free(list);
    list = next;
  }
  if (argc > 2 && !strcmp(argv[2], "fail")) goto failed;
  printf("%d\n", sum);
  return 0;
failed:
  return 1;
}
