"""Random programs of C and C++ that end: nesting, macros, gotos, switches, short circuits, several statements on a line,
inline functions of a header, templates, lambdas, exceptions. The same seed gives the same program."""

import random

MACROS = """#define STEP (fuel-- > 0)
#define LARGER(a, b) ((a) > (b) ? (a) : (b))
#define CLAMP(x) (LARGER((x), 3u) < 90u ? LARGER((x), 3u) : (x) % 7u)
#define BOTH(a, b) ((a) % 3u && ((b) % 2u || (a) > 50u))
#define UNLESS(c) if (!(c))
#define BUMP(x) do { if ((x) > 9u) (x) -= 4u; else (x) += 5u; } while (0)
#define TWICE(x) (CLAMP(x) + CLAMP((x) + 1u))
"""


class Program:
    def __init__(self, seed: int, is_cxx: bool, throws: bool = True) -> None:
        """With `throws` functions of C++ may be left by exceptions, and catch them."""
        self.random = random.Random(seed)
        self.is_cxx = is_cxx
        self.throws = throws
        self.lines: list[str] = []
        self.functions: list[str] = []
        self.labels = 0

    def chance(self, percent: int) -> bool:
        return self.random.randrange(100) < percent

    # Expressions, all of unsigned numbers

    def value(self, depth: int = 0) -> str:
        pick = self.random.randrange(10 if depth < 3 else 3)
        if pick < 2:
            return self.random.choice(["a", "b", "x", "y"])
        if pick == 2:
            return f"{self.random.randrange(12)}u"
        if pick < 6:
            return f"({self.value(depth + 1)} {self.random.choice('+*^&|')} {self.value(depth + 1)})"
        if pick == 6:
            return f"({self.condition(depth + 1)} ? {self.value(depth + 1)} : {self.value(depth + 1)})"
        if pick == 7:
            name = self.random.choice(["TWICE", "CLAMP"])
            return f"{name}({self.value(depth + 2)})"
        if pick == 8:
            return f"LARGER({self.value(depth + 2)}, {self.value(depth + 2)})"
        return self.call(depth)

    def call(self, depth: int) -> str:
        known = self.functions + ["small", "unused_or_not"]
        name = self.random.choice(known)
        arguments = f"({self.value(depth + 2)}, {self.value(depth + 2)})"
        if self.is_cxx and self.chance(25):
            kind = self.random.choice(["unsigned", "unsigned long", "unsigned short"])
            return f"(unsigned)chosen<{kind}>(({kind})({self.value(3)}), ({kind})({self.value(3)}))"
        if self.is_cxx and self.chance(15):
            return f"[&](unsigned n) {{ return n > {self.value(3)} ? n : {self.value(3)}; }}({self.value(3)})"
        return name + arguments

    def condition(self, depth: int = 0) -> str:
        pick = self.random.randrange(8 if depth < 3 else 3)
        if pick < 3:
            return f"{self.value(depth + 1)} {self.random.choice(['<', '>', '==', '!=', '<='])} {self.value(depth + 1)}"
        if pick < 6:
            return f"({self.condition(depth + 1)} {self.random.choice(['&&', '||'])} {self.condition(depth + 1)})"
        if pick == 6:
            return f"!({self.condition(depth + 1)})"
        return f"BOTH({self.value(depth + 1)}, {self.value(depth + 2)})"

    # Statements

    def emit(self, depth: int, text: str) -> None:
        self.lines.append("  " * depth + text)

    def simple(self) -> str:
        pick = self.random.randrange(6)
        if pick == 0:
            return f"BUMP({self.random.choice('xy')});"
        if pick == 1:
            return f"{self.random.choice('xy')} += {self.value()};"
        if pick == 2:
            return f"for (unsigned i = 0; STEP && i < {self.random.randrange(4)}; i++) x += i % 2u ? y : 1u;"
        if pick == 3:
            return f"if ({self.condition(2)}) {{ x++; }} else {{ y++; }}"
        if pick == 4 and self.is_cxx and self.throws and self.chance(40):
            return f"if (x % {self.random.randrange(5, 40)}u == 3u) throw x;"
        return f"{self.random.choice('xy')} = {self.value()};"

    def block(self, depth: int, inside: str = "") -> None:
        for _ in range(self.random.randrange(1, 4 if depth < 4 else 2)):
            self.statement(depth, inside)

    def statement(self, depth: int, inside: str) -> None:
        pick = self.random.randrange(14 if depth < 5 else 4)
        if pick < 3:
            self.emit(depth, " ".join(self.simple() for _ in range(self.random.choice([1, 1, 1, 2, 3]))))
        elif pick == 3 and inside and self.chance(60):
            words = ["break;", "continue;"] if inside == "loop" else ["break;"]
            self.emit(depth, f"if ({self.condition(1)}) {self.random.choice(words + ['return x;', 'goto out;'])}")
        elif pick < 6:
            self.emit(depth, f"{'UNLESS' if self.chance(20) else 'if'} ({self.condition()}) {{")
            self.block(depth + 1, inside)
            while self.chance(25):
                self.emit(depth, f"}} else if ({self.condition(1)}) {{")
                self.block(depth + 1, inside)
            if self.chance(50):
                self.emit(depth, "} else {")
                self.block(depth + 1, inside)
            self.emit(depth, "}")
        elif pick == 6:
            self.emit(depth, f"while (STEP && {self.condition(1)}) {{")
            self.block(depth + 1, "loop")
            self.emit(depth, "}")
        elif pick == 7:
            self.emit(depth, f"for (unsigned i = 0; STEP && i < {self.random.randrange(5)}u; i++) {{")
            self.block(depth + 1, "loop")
            self.emit(depth, "}")
        elif pick == 8:
            self.emit(depth, "do {")
            self.block(depth + 1, "loop")
            self.emit(depth, f"}} while (STEP && {self.condition(1)});")
        elif pick == 9:
            self.emit(depth, f"switch ({self.value(1)} % 5u) {{")
            for number in self.random.sample(range(5), self.random.randrange(1, 5)):
                self.emit(depth, f"case {number}:")
                self.block(depth + 1, inside if inside == "loop" else "switch")
                if self.chance(60):
                    self.emit(depth + 1, "break;")
            if self.chance(60):
                self.emit(depth, "default:")
                self.block(depth + 1, inside if inside == "loop" else "switch")
            self.emit(depth, "}")
        elif pick == 10:
            self.labels += 1
            self.emit(depth, f"again{self.labels}:")
            self.emit(depth, self.simple())
            self.emit(depth, f"if (STEP && {self.condition(2)}) goto again{self.labels};")
        elif pick == 11 and self.is_cxx and self.throws:
            self.emit(depth, "try {")
            self.block(depth + 1)
            self.emit(depth, f"}} catch ({self.random.choice(['unsigned n', 'const char *', '...'])}) {{")
            self.emit(depth + 1, "y++;")
            self.emit(depth, "}")
        elif pick == 12:
            self.emit(depth, "{")
            self.block(depth + 1, inside)
            self.emit(depth, "}")
        else:
            self.emit(depth, self.simple())

    def function(self, number: int) -> None:
        name = f"work{number}"
        self.emit(0, "")
        self.emit(0, f"{self.random.choice(['static ', '', 'static inline '])}unsigned {name}(unsigned a, unsigned b) {{")
        self.emit(1, "unsigned x = a, y = b;")
        self.block(1)
        self.block(1)
        self.emit(1, "if (fuel < -1000000) goto out;")
        self.emit(0, "out:" if self.chance(50) else "  out: x++;")
        self.emit(1, "return x ^ y;")
        self.emit(0, "}")
        self.functions.append(name)

    def sources(self) -> dict[str, str]:
        """Names and texts; the first is the one to compile."""
        header = "extern int fuel;\n" + MACROS + (
            "static inline unsigned small(unsigned a, unsigned b) {\n  if (a > b && b)\n    return a - b;\n  return a | b;\n}\n"
            "static inline unsigned unused_or_not(unsigned a, unsigned b) {\n  return BOTH(a, b) ? a : b;\n}\n")
        if self.is_cxx:
            header += ("template <class T> T chosen(T a, T b) {\n  if (a > b)\n    return a;\n  return BOTH(a, b) ? b : T(1);\n}\n")
        self.emit(0, '#include "inline.h"')
        self.emit(0, "#include <stdio.h>")
        self.emit(0, "int fuel = 3000;")
        for number in range(self.random.randrange(2, 7)):
            self.function(number)
        self.emit(0, "")
        self.emit(0, "int main(void) {")
        self.emit(1, "unsigned a = 3, b = 5, x = 0, y = 1;")
        for name in self.functions:
            call = f"x += {name}(a + {self.random.randrange(9)}u, b * {self.random.randrange(9)}u);"
            self.emit(1, f"try {{ {call} }} catch (...) {{ y++; }}" if self.is_cxx and self.throws else call)
        self.emit(1, 'printf("%u %u\\n", x + a, y + b);')
        self.emit(1, "return 0;")
        self.emit(0, "}")
        main = "program.cpp" if self.is_cxx else "program.c"
        return {main: "\n".join(self.lines) + "\n", "inline.h": header}
