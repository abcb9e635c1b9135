#include "shapes.h"
#include <cstdio>
#include <cstdlib>

struct Last {
  ~Last() { std::puts("last"); }
} last;

int main(int count, char **words) {
  int n = count > 1 ? std::atoi(words[1]) : 1, sum = 0;
  for (int i = 0; i < n; i++) {
    Circle circle(i);
    Shape shape(i + 1);
    sum += total({&circle, &shape}) + list(i);
    sum = larger(sum, i) + static_cast<int>(larger(1.5, i * 0.5));
    try {
      Circle bad(-i);
    } catch (const std::invalid_argument &) {
      sum++;
    }
  }
  auto twice = [](auto x) { return x + x; };
  std::printf("%d %s\n", twice(sum), larger<std::string>("a", "b").c_str());
  return 0;
}
