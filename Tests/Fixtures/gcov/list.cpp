#include "shapes.h"

int list(int n) {
  std::vector<Shape *> shapes;
  for (int i = 0; i < n; i++) shapes.push_back(new Circle(larger(i, 1)));
  int sum = total(shapes);
  for (auto shape : shapes) delete shape;
  return sum;
}
