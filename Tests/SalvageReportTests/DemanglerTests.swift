import Testing

@testable import SalvageReport

@Suite struct DemanglerTests {
  @Test(arguments: [
    ("_ZN3app3App3addEi", "app::App::add(int)"),
    ("$s4main3addyS2i_SitF", "main.add(Swift.Int, Swift.Int) -> Swift.Int"),
    ("h0.cpp:_ZN3app4onlyEi", "h0.cpp:app::only(int)"), ("main", "main"), ("a.c:f", "a.c:f"),
    ("", ""),
    ("_ZN4core3fmt5write17h0123456789abcdefE", "core::fmt::write"), ("_Zwrong", "_Zwrong"),
    ("$s", "$s"),
    ("/src/a.c:f", "/src/a.c:f"), ("_RNvCs1234_7mycrate4main", "_RNvCs1234_7mycrate4main"),
  ])
  func names(_ linker: String, _ source: String) {
    #expect(Demangler().name(linker) == source)
  }
}
