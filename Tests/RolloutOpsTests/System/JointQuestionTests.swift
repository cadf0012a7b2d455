import Glibc
import Synchronization
import Testing

@testable import RolloutOps

/// Many who ask at the same time share one question.
@Suite struct JointQuestionTests {
  @Test func oneAfterAnotherEachAsksByItself() {
    let question = JointQuestion<Int, Int>()
    let answers = (0..<3).map { number in
      question.ask(number) { questions in
        #expect(questions == [number])
        return questions.map { $0 * 2 }
      }
    }
    #expect(answers == [0, 2, 4])
  }

  @Test func whoComesWhileOneIsAskedIsAskedTogetherAsTheNext() {
    let question = JointQuestion<Int, Int>()
    let rounds = Mutex<[[Int]]>([])
    let isFirst = Atomic(true)
    let answers = Crew(threads: 12).each(Array(0..<12)) { number in
      question.ask(number) { questions in
        // The first round lasts until all others have asked.
        if isFirst.exchange(false, ordering: .relaxed) {
          while question.waiting < 12 - questions.count { sched_yield() }
        }
        rounds.withLock { $0.append(questions) }
        return questions.map { $0 * 2 }
      }
    }
    #expect(answers == (0..<12).map { $0 * 2 }, "each gets its own answer")
    #expect(rounds.withLock { $0.count } == 2)
    #expect(rounds.withLock { $0.joined().sorted() } == Array(0..<12))
  }

  /// A reading back is one that began after the write was answered.
  @Test func noAnswerWasBegunBeforeItsQuestion() {
    let question = JointQuestion<Int, Int>()
    let time = Atomic(0)
    let isFresh = Crew(threads: 16).each(Array(0..<400)) { _ in
      let asked = time.add(1, ordering: .sequentiallyConsistent).newValue
      let begun = question.ask(asked) { questions in
        let begun = time.add(1, ordering: .sequentiallyConsistent).newValue
        sched_yield()
        return questions.map { _ in begun }
      }
      return begun.map { $0 > asked } ?? false
    }
    #expect(isFresh.count == 400 && isFresh.allSatisfy(\.self))
  }

  @Test func whoIsGivenTooFewAnswersGetsNone() {
    #expect(JointQuestion<Int, Int>().ask(1) { _ in [] } == nil)
  }
}
