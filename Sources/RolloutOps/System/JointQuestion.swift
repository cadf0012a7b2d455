import Synchronization

/// What several threads ask while one question is under way is asked together, as the next one. So whoever asks gets an
/// answer that was begun after the question, however many share it.
final class JointQuestion<Question: Sendable, Answer: Sendable>: Sendable {
  private final class Round: Sendable {
    let questions = Mutex<[Question]>([])
    let answers = Mutex<[Answer]?>(nil)
  }

  /// The round that still takes questions.
  private let open = Mutex(Round())
  /// One round is asked at a time.
  private let turn = Mutex<Void>(())

  /// How many have asked since the last round began.
  var waiting: Int { open.withLock { $0.questions.withLock(\.count) } }

  /// `answering` gives an answer for each question, in their order. Whoever of a round is first here asks for all of it.
  func ask(_ question: Question, _ answering: ([Question]) -> [Answer]) -> Answer? {
    let (round, place) = open.withLock { round in
      (
        round,
        round.questions.withLock {
          $0.append(question); return $0.count - 1
        }
      )
    }
    turn.withLock { _ in
      guard round.answers.withLock({ $0 == nil }) else { return }
      // A round without answers was never begun with, so it is the open one.
      open.withLock { $0 = Round() }
      let answers = answering(round.questions.withLock { $0 })
      round.answers.withLock { $0 = answers }
    }
    return round.answers.withLock { answers in
      answers.flatMap { $0.indices.contains(place) ? $0[place] : nil }
    }
  }
}
