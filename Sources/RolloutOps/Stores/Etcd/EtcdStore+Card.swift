/// How a person turns a flag off in etcd with curl and jq.
extension EtcdStore {
  /// The first member that answers does it, and only while the flag is what was read. Where etcd asks nobody who they
  /// are the token is empty, and curl leaves an empty header out. A member that says nothing is passed over; what one
  /// says in place of doing it is shown in its own words, and only a lost condition is "false".
  package func byHand(_ key: FlagKey, serving variant: String?) -> ByHand {
    let words =
      "with etcdctl get \(name(key)) the flag as it is; give it no \"targeting\", \"state\": \"ENABLED\" and "
      + "\"defaultVariant\": \(variant.map { JSON.string($0).written() } ?? "the old variant"), and put it back with etcdctl put"
    let (user, password) = (EtcdMembers.userVariable, EtcdMembers.passwordVariable)
    let curl = "curl -sS -m 10" + (door.members.authorities.map { " --cacert \(Shell.word($0))" } ?? "")
    let asked = Shell.word(JSON.object([JSON.Member("key", .string(Base64.encoded(name(key).utf8)))]).written(.compact))
    // A refusal in the server's own words, else the answer.
    let taken = "if .message // .error then (.message // .error) + \"\\n\" | halt_error else . end"
    let flag = taken + " | if .kvs then .kvs[0] else \"there is no such flag\\n\" | halt_error end"
    let change = Shell.word(
      flag
        + " | {compare: [{key, target: \"MOD\", result: \"EQUAL\", mod_revision}], success: [{request_put: {key, value: "
        + "(.value | @base64d | fromjson | \(FlagdFlag.killing(variant)) | tojson | @base64)}}]}")
    let members = door.members.clients.map { Shell.word($0.base.place) }.joined(separator: " ")
    let each = { (body: String) in
      """
      for E in \(members); do
        T=$(jq -n '{name: env.\(user), password: env.\(password)}' | \(curl) -d @- "$E/v3/auth/authenticate") &&
          T=$(printf %s "$T" | jq -r '.token // empty') &&
          A=$(\(curl) -H "Authorization: $T" -d \(asked) "$E/v3/kv/range") &&
      \(body) && break
      done
      """
    }
    return ByHand(
      each(
        """
            C=$(printf %s "$A" | jq -c\(FlagdFlag.argument(variant)) \(change)) && [ -n "$C" ] &&
            A=$(printf %s "$C" | \(curl) -H "Authorization: $T" -d @- "$E/v3/kv/txn") &&
            printf %s "$A" | \(HandLines.proof("\(taken) | .succeeded == true"))
        """),
      proof: each(
        """
            printf %s "$A" | \(HandLines.proof("\(flag) | .value | @base64d | fromjson | \(FlagdFlag.isKilled)"))
        """),
      words: words, variables: [user, password],
      remarks: ["where it prints false, somebody else was first: paste it again"])
  }
}
