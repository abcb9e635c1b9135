import SalvageSystem
import SystemPackage
import Testing

/// A program of the differential tests.
struct TestProgram: Sendable, CustomTestStringConvertible {
  enum Language: Sendable { case c, cxx, swift, rust }

  var name: String
  var language: Language
  var flags: [String] = []
  var source: String

  var testDescription: String { name }

  /// Compiles it with coverage in a folder.
  func build(in folder: TemporaryFolder) async throws -> FilePath {
    let program = folder.path.appending("program-" + name)
    let compiler: FilePath?
    let suffix: String
    var arguments: [String]
    switch language {
    case .c:
      (compiler, suffix) = (Toolchain.compiler("clang"), "c")
      arguments = ["-fprofile-instr-generate", "-fcoverage-mapping"]
    case .cxx:
      (compiler, suffix) = (Toolchain.compiler("clang++"), "cpp")
      arguments = ["-fprofile-instr-generate", "-fcoverage-mapping"]
    case .swift:
      (compiler, suffix) = (Toolchain.compiler("swiftc"), "swift")
      arguments = ["-profile-generate", "-profile-coverage-mapping"]
    case .rust:
      (compiler, suffix) = (Toolchain.rustc, "rs")
      arguments = ["-C", "instrument-coverage"]
    }
    guard let compiler else { throw MissingTool() }
    let source = try folder.write(source, to: name + "." + suffix)
    try await Toolchain.run(
      compiler, arguments + flags + [source.string, "-o", program.string], in: folder.path)
    return program
  }

  struct MissingTool: Error {}

  static let all: [TestProgram] = clang + swift + rust

  static let clang: [TestProgram] = [
    TestProgram(name: "c", language: .c, source: cSource),
    TestProgram(name: "c-O2", language: .c, flags: ["-O2"], source: cSource),
    TestProgram(name: "c-mcdc", language: .c, flags: ["-fcoverage-mcdc"], source: cSource),
    TestProgram(
      name: "c-byte", language: .c, flags: ["-mllvm", "-enable-single-byte-coverage=true"],
      source: cSource),
    TestProgram(
      name: "c-nopie", language: .c, flags: ["-no-pie", "-fuse-ld=lld", "-Wl,-s"], source: cSource),
    TestProgram(name: "cxx", language: .cxx, source: cxxSource),
    TestProgram(name: "cxx-mcdc", language: .cxx, flags: ["-fcoverage-mcdc"], source: cxxSource),
    TestProgram(
      name: "cxx-O2-lld", language: .cxx, flags: ["-O2", "-fuse-ld=lld"], source: cxxSource),
    TestProgram(
      name: "cxx-quoted", language: .cxx, flags: ["-fcoverage-prefix-map=/=/a \"b\"\\c\t/"],
      source: cxxSource),
  ]
  static let swift: [TestProgram] = [
    TestProgram(name: "swift", language: .swift, flags: ["-Onone"], source: swiftSource),
    TestProgram(name: "swift-O", language: .swift, flags: ["-O"], source: swiftSource),
  ]
  static let rust: [TestProgram] = [
    TestProgram(name: "rust", language: .rust, source: rustSource),
    TestProgram(
      name: "rust-stripped", language: .rust, flags: ["-O", "-C", "strip=symbols"],
      source: rustSource),
  ]

  static let cSource = """
    #include <stdio.h>
    #include <stdlib.h>
    #define LARGER(a, b) ((a) > (b) ? (a) : (b))
    #define TWICE(x) (LARGER(x, 3) + LARGER(x, 4))
    static int decide(int a, int b, int c) {
      if ((a && b) || c) return 1;
      return 0;
    }
    static int never(int x) {
      while (x > 3) x--;
      return x;
    }
    int main(int argc, char **argv) {
      int total = 0;
      for (int i = 0; i < 10; i++) total += TWICE(i);
      total += decide(argc, total > 3, 0) + decide(0, 0, argc > 7) + decide(argc, 0, 1);
      switch (argc) {
      case 1: total++; break;
      case 2: total = never(total); break;
      default: break;
      }
      do { total -= 7; } while (total > 10 && argc < 5);
      printf("%d %s\\n", total, argc > 1 ? argv[1] : "none");
      return 0;
    }
    """

  static let cxxSource = """
    #include <cstdio>
    #include <stdexcept>
    #include <vector>
    #define CHECK(x) do { if (!(x)) { throw std::runtime_error(#x); } } while (0)
    template <class T> T twice(T x) {
      if (x > 3) {
        return x * 2;
      }
      return x;
    }
    struct Shape {
      int v;
      Shape(int q) : v(q) {} virtual ~Shape() { v = 0; }
      virtual int area() const { return 0; }
    };
    struct Square : Shape {
      using Shape::Shape;
      int area() const override { return v * v; }
    };
    namespace { int hidden(int a, bool b) { return a > 1 && b ? a : -a; } }
    int main(int argc, char **) {
      std::vector<int> list{1, 2, 3};
      int total = 0;
      for (int x : list) total += x;
      total += twice(1) + (int)twice(4.5) + twice<long>(9);
      Square square(3);
      const Shape &shape = square;
      total += shape.area() + hidden(total, argc == 1);
      auto add = [&](int z) { return z ? total : 0; };
      try { CHECK(argc == 1); CHECK(argc == 2); } catch (const std::exception &e) { total += 2; }
      std::printf("%d\\n", add(total));
      return 0;
    }
    """

  static let swiftSource = """
    func larger<T: Comparable>(_ a: T, _ b: T) -> T { a > b ? a : b }
    enum Kind { case small, large(Int) }
    struct Counter {
      var step = 1
      lazy var cached: Int = { step * 2 }()
      func sum(_ n: Int) -> Int {
        guard n > 2 else { return 0 }
        return (0..<n).map { $0 * step }.reduce(0, +)
      }
    }
    func describe(_ kind: Kind) throws -> String {
      switch kind {
      case .small: return "small"
      case .large(let n) where n > 100: return "huge"
      case .large(let n): return "large \\(n)"
      }
    }
    var counter = Counter()
    print(larger(1, 2), larger("a", "b"), counter.sum(1), counter.sum(4), counter.cached)
    for kind in [Kind.small, .large(3)] { print((try? describe(kind)) ?? "none") }
    """

  static let rustSource = """
    mod inner {
        pub fn pick<T: PartialOrd>(a: T, b: T) -> T { if a > b { a } else { b } }
        pub fn unused(x: i32) -> i32 { x + 1 }
    }
    struct Guard(i32);
    impl Drop for Guard { fn drop(&mut self) { if self.0 > 1 { println!("dropped"); } } }
    fn parse(text: &str) -> Result<i32, std::num::ParseIntError> {
        let value: i32 = text.parse()?;
        Ok(value * 2)
    }
    fn main() {
        let even: Vec<i32> = (0..10).filter(|x| x % 2 == 0).collect();
        let _guard = Guard(even.len() as i32);
        println!("{} {} {:?}", inner::pick(1, 2), inner::pick("a", "b"), even);
        match parse("12") { Ok(n) if n > 50 => println!("much"), Ok(n) => println!("{n}"), Err(_) => {} }
        if parse("x").is_err() && even.len() > 2 { println!("wrong"); }
        if even.len() > 100 { println!("{}", inner::unused(3)); }
    }
    """
}
