// What is counted: the same each time.
int more(int n);
int count(void);

static int digits(int n) {
  int sum = 0;
  while (n > 0) {
    sum += n % 10;
    n /= 10;
  }
  return sum;
}

int count(void) {
  int sum = 0;
  for (int i = 0; i < 100; i++) {
    switch (i % 5) {
      case 0:
        sum += digits(i);
        break;
      case 1:
        sum += more(i);
        break;
      case 2:
        if (i > 50 && i < 200) sum--;
        break;
      default:
        sum ^= i;
    }
  }
  return sum;
}
