// Ends as a Swift program ends that found a mistake in itself: its runtime's backtracer has to say where.
@inline(never) func innermost(_ values: [Int], at place: Int) -> Int { values[place] }  // reached

@inline(never) func outer(_ place: Int) -> Int { innermost([1, 2, 3], at: place) + 1 }

print("before")
print(outer(CommandLine.arguments.count + 6))
