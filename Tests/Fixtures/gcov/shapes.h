// Inline functions and templates: which object has their counters is the linker's choice.
#pragma once
#include <stdexcept>
#include <string>
#include <vector>

template <typename T> T larger(T a, T b) {
  if (a > b) return a;
  return b;
}

struct Shape {
  explicit Shape(int size) : size(size) {
    if (size < 0) throw std::invalid_argument("size");
  }
  virtual ~Shape() = default;
  virtual int area() const { return size * size; }
  int size;
};

struct Circle : Shape {
  using Shape::Shape;
  int area() const override { return 3 * size * size; }
};

inline int total(const std::vector<Shape *> &shapes) {
  int sum = 0;
  for (auto shape : shapes) sum += shape->area();
  return sum;
}

int list(int n);
