/// Jobs in the order in which they came.
public struct Queue {
  private var jobs: [String] = []

  public init() {}

  public mutating func add(_ job: String) {
    jobs.append(job)  //= 3
  }

  public mutating func next() -> String? {
    guard !jobs.isEmpty else {
      return nil  //= 0
    }
    return jobs.removeFirst()  //= 2
  }
}
