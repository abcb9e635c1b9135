// The marked lines, numbered as those of the C program, and the tally that counts them too.
import Glibc
import Synchronization

nonisolated(unsafe) var tally: UnsafeMutablePointer<Atomic<UInt64>>!

/// Maps the tally: a file that every process of the run shares and no death can take away.
func openTally(_ path: String) -> Bool {
  let descriptor = open(path, O_RDWR | O_CLOEXEC)
  guard descriptor >= 0 else { return false }
  defer { close(descriptor) }
  let map = mmap(nil, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
  guard let map, map != MAP_FAILED else { return false }
  tally = map.assumingMemoryBound(to: Atomic<UInt64>.self)
  return true
}

@inline(never) func mark(_ number: Int) {
  tally[number].wrappingAdd(1, ordering: .sequentiallyConsistent)
}
@inline(never) func aboutTo(_ number: Int) {
  tally[128 + number].wrappingAdd(1, ordering: .sequentiallyConsistent)
}
func tallyOf(_ number: Int) -> UInt64 { tally[number].load(ordering: .sequentiallyConsistent) }
func aboutOf(_ number: Int) -> UInt64 {
  tally[128 + number].load(ordering: .sequentiallyConsistent)
}

@inline(never) func entry() { mark(0) }
@inline(never) func before() { mark(1) }
@inline(never) func after() { mark(2) }
@inline(never) func child() { mark(3) }
@inline(never) func grandchild() { mark(4) }
@inline(never) func handled() { mark(5) }
@inline(never) func inThread() { mark(7) }
@inline(never) func atEnd() { mark(8) }
@inline(never) func again() { mark(10) }
@inline(never) func parentGoesOn() { mark(11) }
@inline(never) func atQuick() { mark(12) }
@inline(never) func never() { mark(13) }
@inline(never) func survivor() { mark(14) }
@inline(never) func worker() { mark(15) }

@inline(never) private func thread0() { mark(20) }
@inline(never) private func thread1() { mark(21) }
@inline(never) private func thread2() { mark(22) }
@inline(never) private func thread3() { mark(23) }
@inline(never) private func thread4() { mark(24) }
@inline(never) private func thread5() { mark(25) }
@inline(never) private func thread6() { mark(26) }
@inline(never) private func thread7() { mark(27) }

/// One function a thread: plain increments of a shared counter would lose counts, shim or not.
func inThreadNumber(_ number: Int) {
  switch number & 7 {
  case 0: thread0()
  case 1: thread1()
  case 2: thread2()
  case 3: thread3()
  case 4: thread4()
  case 5: thread5()
  case 6: thread6()
  default: thread7()
  }
}

func times(_ count: Int, _ body: () -> Void) {
  for _ in 0..<count { body() }
}
