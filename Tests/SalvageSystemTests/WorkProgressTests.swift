import SalvageSystem
import Synchronization
import Testing

/// What a long piece of work is at.
@Suite struct WorkProgressTests {
  private final class Told: Sendable {
    let stages = Mutex<[String]>([])
  }

  /// After a part the work around it goes on, with what it had done.
  @Test func parts() {
    struct Refused: Error {}
    let told = Told()
    let progress = WorkProgress { stage, _ in
      told.stages.withLock { $0.append((stage.isPart ? "part " : "") + stage.text) }
    }
    WorkProgress.$current.withValue(progress) {
      WorkProgress.begin("packing", of: 3)
      WorkProgress.step()
      let answer = WorkProgress.part("reading") {
        WorkProgress.expect(20)
        WorkProgress.step(5)
        WorkProgress.expect(20)
        #expect(progress.stage?.text == "reading, 5 of 40")
        return 7
      }
      #expect(answer == 7 && progress.stage?.text == "packing, 1 of 3")
      #expect(throws: Refused.self) {
        try WorkProgress.part("failing", of: 2) { throw Refused() }
      }
      WorkProgress.step()
      #expect(progress.stage?.text == "packing, 2 of 3")
      WorkProgress.begin("merging")
    }
    progress.end()
    #expect(progress.stage == nil)
    #expect(
      told.stages.withLock { $0 }
        == ["part reading, 5 of 40", "part failing, 0 of 2", "packing, 2 of 3", "merging"])
  }

  @Test func nobodyAsks() {
    #expect(WorkProgress.part("reading", of: 3) { WorkProgress.current == nil })
  }
}
