// Conditions and a switch of which clang's notes lack an arc. Lines say how often they run.
struct state {
  long first, second, third;
  int result;
};

static int check(struct state *s, int deferred) { // runs 58
  if ((deferred && (s->first + s->second) > 0) || (!deferred && s->third > 0)) {
    s->result = 1; // runs 8
    return 1;      // runs 8
  }
  return 0; // runs 50
}

static int either(int a, int b, int c) { // runs 27
  if ((a || b) && (b || c)) {
    return a + b + c; // runs 22
  }
  return 0; // runs 5
}

static int convert(int kind, int depth) { // runs 26
  switch (kind) {
    case 1:
    case 2:
      if (depth > 2 && kind == 2) break;
      return convert(kind + 1, depth + 1); // runs 8
    case 3:
      kind = depth > 1 ? 7 : 8; // runs 8
      break;
    case 4:
    default:
      if (depth == 0 || (kind > 4 && depth > 3)) kind = 0;
  }
  return kind; // runs 18
}

int main(void) {
  struct state s = {0, 0, 0, 0};
  int sum = 0;
  for (int i = 0; i < 50; i++) {
    check(&s, i % 3 == 0);
    if (i % 7 == 0) {
      s.first = 1; // runs 8
      sum += check(&s, 1);
      s.first = 0;
    }
  }
  for (int i = 0; i < 27; i++) sum += either(i % 3, i / 3 % 3, i / 9);
  for (int i = 0; i < 18; i++) sum += convert(i % 6, i / 6);
  return sum == 0;
}
