import Testing

@testable import RolloutOps

/// Which bytes a change touches.
@Suite struct FlagEditTests {
  struct Case: CustomTestStringConvertible {
    let name: String
    let before: String
    let after: String
    var testDescription: String { name }

    init(_ name: String, _ before: String, _ after: String) {
      (self.name, self.before, self.after) = (name, before, after)
    }
  }

  static let kills = [
    Case(
      "one line each",
      """
      {
        "$schema": "x",
        "flags": {
          "a": {
            "state": "ENABLED",
            "variants": { "on":true,   "off":false },
            "targeting": {
              "if": [ true, "on" ]
            },
            "defaultVariant": "on",
            "metadata": { "owner": "maya" }
          },
          "b" : {"state":"ENABLED","variants":{"x":1.0e3},"defaultVariant":"x"}
        }
      }

      """,
      """
      {
        "$schema": "x",
        "flags": {
          "a": {
            "state": "ENABLED",
            "variants": { "on":true,   "off":false },
            "defaultVariant": "off",
            "metadata": {"owner": "maya", "rolloutctl": "killed"}
          },
          "b" : {"state":"ENABLED","variants":{"x":1.0e3},"defaultVariant":"x"}
        }
      }

      """),
    Case(
      "tight",
      #"{"flags":{"a":{"targeting":{"var":"x"},"variants":{"on":true,"off":false},"state":"ENABLED"}}}"#,
      #"{"flags":{"a":{"variants":{"on":true,"off":false},"state":"ENABLED","defaultVariant":"off","#
        + #""metadata":{"rolloutctl":"killed"}}}}"#),
    Case(
      "spaced, target last",
      #"{"flags": {"a": {"variants": {"on": true, "off": false}, "state": "DISABLED", "targeting": {"a": 1}}}}"#,
      #"{"flags": {"a": {"variants": {"on": true, "off": false}, "state": "ENABLED", "defaultVariant": "off", "#
        + #""metadata": {"rolloutctl": "killed"}}}}"#),
    Case(
      "tabs and CRLF",
      "{\r\n\t\"flags\": {\r\n\t\t\"a\": {\r\n\t\t\t\"state\": \"ENABLED\",\r\n\t\t\t\"variants\": {\"on\": true, \"off\": false}"
        + "\r\n\t\t}\r\n\t}\r\n}",
      "{\r\n\t\"flags\": {\r\n\t\t\"a\": {\r\n\t\t\t\"state\": \"ENABLED\",\r\n\t\t\t\"variants\": {\"on\": true, \"off\": false}"
        + ",\r\n\t\t\t\"defaultVariant\": \"off\",\r\n\t\t\t\"metadata\": {\"rolloutctl\": \"killed\"}"
        + "\r\n\t\t}\r\n\t}\r\n}"),
  ]

  @Test(arguments: kills) func aKillChangesItsMembersAndNothingElse(test: Case) throws {
    let world = FlagWorld(test.before)
    _ = try world.write(.everyone("off"), urgency: .kill)
    #expect(world.text == test.after)
    _ = try world.write(.everyone("off"), urgency: .kill)
    #expect(world.text == test.after)
  }

  static let births = [
    Case(
      "lines", "{\n  \"flags\": {\n    \"b\": {\"state\": \"ENABLED\", \"variants\": {\"x\": 1}}\n  }\n}\n",
      """
      {
        "flags": {
          "b": {"state": "ENABLED", "variants": {"x": 1}},
          "a": {
            "state": "ENABLED",
            "variants": {"on": true, "off": false},
            "defaultVariant": "off",
            "metadata": {"rolloutctl": "managed"}
          }
        }
      }

      """),
    Case(
      "first of all, four spaces", "{\n    \"flags\": {}\n}\n",
      """
      {
          "flags": {
              "a": {
                  "state": "ENABLED",
                  "variants": {"on": true, "off": false},
                  "defaultVariant": "off",
                  "metadata": {"rolloutctl": "managed"}
              }
          }
      }

      """),
    Case(
      "on one line", #"{"flags":{}}"#,
      #"{"flags":{"a": {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off", "#
        + #""metadata": {"rolloutctl": "managed"}}}}"#),
  ]

  @Test(arguments: births) func aNewFlagStandsAtTheEndInTheFilesStyle(test: Case) throws {
    let world = FlagWorld(test.before)
    #expect(try world.read("a").flag == nil)
    _ = try world.write(.everyone("off"))
    #expect(world.text == test.after)
  }

  @Test func aSplitIsWrittenAsItsReferenceShape() throws {
    let world = FlagWorld("{\n  \"flags\": {}\n}\n")
    _ = try world.write(.split(.paid(5)))
    #expect(
      world.text == """
        {
          "flags": {
            "a": {
              "state": "ENABLED",
              "variants": {"on": true, "off": false},
              "defaultVariant": "off",
              "targeting": {
                "if": [
                  {"!": {"and": [{"!!": {"var": "tenant"}}, {"starts_with": [{"var": "tenant"}, ""]}]}},
                  "off",
                  {"===": [{"var": "plan"}, "paid"]},
                  {"fractional": [{"cat": ["a:", {"var": "tenant"}]}, ["on", 5000], ["off", 95000]]},
                  "off"
                ]
              },
              "metadata": {"rolloutctl": "managed"}
            }
          }
        }

        """)
  }

  @Test func theMarkJoinsForeignMetadataAndLeavesItBehind() throws {
    let world = FlagWorld(
      #"{"flags":{"a":{"state":"ENABLED","variants":{"on":true,"off":false},"defaultVariant":"off","#
        + #""metadata":{"owner":"maya","n":1.50}}}}"#)
    let before = world.text
    let reading = try world.read("a")
    #expect(reading.flag?.mark == nil)
    var flag = try #require(reading.flag)
    flag.mark = Flag.Mark(killed: false, stage: "5% of paid")
    let marked = try world.store.write(flag, replacing: reading, urgency: .ordinary)
    #expect(marked.flag?.mark == Flag.Mark(killed: false, stage: "5% of paid"))
    #expect(world.text.contains(#"{"owner":"maya","n":1.50,"rolloutctl":"managed","rolloutctl.stage":"5% of paid"}"#))
    #expect(try world.store.list() == [ListedFlag(key: FlagKey("a"), mark: Flag.Mark(stage: "5% of paid"))])
    flag.mark = nil
    _ = try world.store.write(flag, replacing: marked, urgency: .ordinary)
    #expect(world.text == before)
  }

  @Test func escapedNamesAreFoundAndKeepTheirSpelling() throws {
    let world = FlagWorld(
      #"{"flags":{"\u0061":{"st\u0061te":"ENABLED","variants":{"on":true,"\u006fff":false},"defaultVariant":"off"}}}"#)
    #expect(try world.read("a").trouble == nil)
    _ = try world.write(.everyone("on"))
    #expect(
      world.text.hasPrefix(#"{"flags":{"\u0061":{"st\u0061te":"ENABLED","variants":{"on":true,"\u006fff":false},"#))
  }

  @Test(arguments: ["a b", "q\"uote", "new\nline", "\u{1B}[31m", "ключ/κλειδί", String(repeating: "k", count: 10_000)])
  func anyKeyIsWrittenAndFoundAgain(key: String) throws {
    let world = FlagWorld(#"{"flags":{}}"#)
    _ = try world.write(.split(.paid(5)), key)
    #expect(try world.read(key).flag?.serving == .split(.paid(5)))
    #expect(try world.write(.everyone("off"), key, urgency: .kill).flag?.serving == .everyone("off"))
    #expect(try world.store.list().map(\.key.text) == [key])
  }
}
