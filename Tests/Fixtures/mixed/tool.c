// A library; the comments say how often each line runs.
int tool(int n) {
  if (n > 2) // 5
    return n * 2; // 2
  return n; // 3
}

int unused(int n) {
  return n; // 0
}
