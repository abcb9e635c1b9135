#include <signal.h>

int tool(int n);

int main(void) {
  int sum = 0;
  for (int i = 0; i < 5; i++)
    sum += tool(i); // 5
  raise(9); // 1
  return sum;
}
