// A part of a program that another compiler makes.
int part(int x);
int part(int x) {
  return x * 2;  // line "part"
}
