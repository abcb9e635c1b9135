static int twice(int n) {
  if (n > 1) // 9
    return 2 * n; // 3
  return n; // 6
}

int main(void) {
  int sum = 0;
  for (int i = 0; i < 3; i++)
    sum += twice(i); // 9
  return sum == 0; // 3
}
