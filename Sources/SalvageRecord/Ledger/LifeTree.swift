/// Lives as a tree, depth first: below each what it started, in the order of birth, then the image that the same
/// process became, at its own depth. A ring of parents, which only a damaged ledger has, is reached from no root; its
/// lives come last.
package struct LifeTree: Sendable {
  private let lives: Lives
  private let index: LifeIndex
  /// Positions + 1; 0: none. `first` begins with the roots.
  private var first: [UInt32]
  private var next: [UInt32]

  package init(_ lives: Lives) {
    self.lives = lives
    let index = LifeIndex(lives)
    self.index = index
    first = [UInt32](repeating: 0, count: lives.count + 1)
    next = [UInt32](repeating: 0, count: lives.count)
    func parent(_ life: Int) -> Int? {
      lives.parent(at: life).flatMap { index.position(of: $0, in: lives) }
    }
    // From the last to the first, as each is put before those that are there.
    for life in lives.indices.reversed() where lives.beginning(at: life) == .exec {
      if let parent = parent(life) { put(life, below: parent + 1) }
    }
    for life in lives.indices.reversed() {
      let parent = parent(life)
      if parent == nil || lives.beginning(at: life) != .exec {
        put(life, below: parent.map { $0 + 1 } ?? 0)
      }
    }
  }

  private mutating func put(_ life: Int, below parent: Int) {
    next[life] = first[parent]
    first[parent] = UInt32(life) + 1
  }

  package func position(of life: UInt64) -> Int? { index.position(of: life, in: lives) }

  /// The pid of a life in it.
  package func pid(of life: UInt64) -> Int32? { position(of: life).map { lives.pid(at: $0) } }

  /// "exit 0", "SIGKILL from 4711".
  package func end(of life: Life) -> String {
    guard let killer = life.killer, let pid = pid(of: killer) else { return life.end.description }
    return life.end.description + (killer == life.id ? " from itself" : " from \(pid)")
  }

  /// Positions with how deep they lie below others that are shown. What is below one that is not shown takes its
  /// place.
  package func shown(_ isShown: @escaping (Int) -> Bool = { _ in true }) -> Walk {
    Walk(tree: self, isShown: isShown)
  }

  package struct Walk: Sequence, IteratorProtocol {
    private struct Step {
      var life: UInt32
      /// Of those that are the same process as what is above, and of the others.
      var depth: Int32
      var below: Int32
    }

    private let tree: LifeTree
    private let isShown: (Int) -> Bool
    private var seen: [Bool]
    private var rest = 0
    private var stack: [Step]

    fileprivate init(tree: LifeTree, isShown: @escaping (Int) -> Bool) {
      self.tree = tree
      self.isShown = isShown
      seen = [Bool](repeating: false, count: tree.lives.count)
      stack = [Step(life: tree.first[0], depth: 0, below: 0)]
    }

    package mutating func next() -> (life: Int, depth: Int)? {
      while true {
        guard let step = stack.popLast() else {
          while rest < seen.count, seen[rest] { rest += 1 }
          guard rest < seen.count else { return nil }
          // Its neighbours have parents of their own.
          if let found = visit(rest, depth: 0) { return found }
          continue
        }
        guard step.life != 0 else { continue }
        let life = Int(step.life) - 1
        let next = tree.next[life]
        if next != 0 { stack.append(Step(life: next, depth: step.depth, below: step.below)) }
        guard !seen[life] else { continue }
        let isSame = tree.lives.beginning(at: life) == .exec
        if let found = visit(life, depth: isSame ? step.depth : step.below) { return found }
      }
    }

    private mutating func visit(_ life: Int, depth: Int32) -> (life: Int, depth: Int)? {
      seen[life] = true
      let isShown = isShown(life)
      stack.append(
        Step(life: tree.first[life + 1], depth: depth, below: depth + (isShown ? 1 : 0)))
      return isShown ? (life, Int(depth)) : nil
    }
  }
}
