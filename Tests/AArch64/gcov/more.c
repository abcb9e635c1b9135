int never(int n);

int more(int n) {
  if (n < 10) return n;
  return n % 3 ? more(n / 2) + 1 : more(n - 1);
}

int never(int n) { return n ? 1 : 2; }
