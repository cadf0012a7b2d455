/// What logs answered.
package struct TraceEvidence: Sendable {
  /// Records of one arm in one period, of all segments or of one.
  package struct Cell: Sendable {
    package struct Key: Hashable, Sendable {
      package let arm: Int
      package let period: Int
      /// Nil: all records, whatever their segment.
      package let segment: Segment?
    }

    package struct Segment: Hashable, Sendable {
      package let field: String
      package let value: String
    }

    package let key: Key
    package let records: Int
    /// In the order of the question's measures.
    package let samples: [Sample]
    /// Different units; nil where the question names none.
    package let units: Int?
  }

  /// One file, or standard input.
  package struct Log: Hashable, Sendable {
    package struct Fault: Hashable, Sendable {
      /// From 1.
      package let line: Int
      package let reason: String
    }

    package let path: String
    package var records = 0
    package var lines = 0
    package var broken = 0
    /// The first few.
    package var faults: [Fault] = []
    /// Its last line is not whole yet.
    package var isUnfinished = false

    init(_ path: String) { self.path = path }
  }

  /// What became of one field over all records that belong to an arm.
  package struct Field: Hashable, Sendable {
    package let name: String
    /// Records that had a value that could be used.
    package var present = 0
    package var missing = 0
    /// Records whose value is no number, or no time.
    package var unreadable = 0
    /// An event that is written down only when it happens: records without the field count as ones without the event.
    package var isSparse = false

    init(_ name: String) { self.name = name }
  }

  package struct Label: Hashable, Sendable {
    package let value: String
    package let records: Int
  }

  package struct Crossing: Hashable, Sendable {
    /// Units that sent records to more than one arm.
    package let units: Int
    /// The first few.
    package let examples: [String]
  }

  package var cells: [Cell] = []
  package var logs: [Log] = []
  package var fields: [Field] = []
  /// Of the scores' own files, and the requests that have one.
  package var scoreLogs: [Log] = []
  package var scores = 0
  /// The fields that were taken from there.
  package var scored: [String] = []
  package var records = 0
  /// Not selected by the question's filter.
  package var filteredOut = 0
  package var withoutLabel = 0
  /// Records with a label that no arm has, the most frequent labels first.
  package var otherLabels: [Label] = []
  package var withOtherLabels = 0
  package var withoutTime = 0
  /// In an arm and without a unit, where the question names one; each counts as a unit of its own.
  package var withoutUnit = 0
  package var first: Instant?
  package var last: Instant?
  /// Records that are older than the one before them.
  package var backwards = 0
  /// Of the records that carry an id, the share that stands there already; from one line in sixteen.
  package var repeated = 0.0
  /// Records by the hour since 1970.
  package var hours: [Int64: Int] = [:]
  /// By period, where the question names periods; else all of the time is one.
  package var crossings: [Crossing] = []
  /// More units than are told apart: the later ones are put together in groups, which keeps intervals honest.
  package var pooledUnits = false
  /// Records in segments and periods beyond the number that is kept.
  package var uncounted = 0
  /// Of the values of quantiles one of so many was kept.
  package var thinning = 1

  package func cell(arm: Int, period: Int = 0, segment: Cell.Segment? = nil) -> Cell? {
    cells.first { $0.key == Cell.Key(arm: arm, period: period, segment: segment) }
  }

  package func crossing(in period: Int = 0) -> Crossing {
    crossings.indices.contains(period) ? crossings[period] : Crossing(units: 0, examples: [])
  }

  package func log(_ path: String) -> Log? { logs.first { $0.path == path } }
  package func field(_ name: String) -> Field? { fields.first { $0.name == name } }
  package var broken: Int { logs.reduce(0) { $0 + $1.broken } }
}
