// A program whose profiles LLVM's runtime merges into one file.
static int earlier(int x) {
  return x + 1;  // line "earlier"
}

static int work(int x) {
  return x + 2;  // line "work"
}

__attribute__((destructor)) static void at_the_end(void) {
  work(0);  // line "at the end"
}

int main(int count, char **arguments) {
  (void)arguments;
  return count > 1 ? earlier(count) - 3 : 0;
}
