/// The rows of the table whose marks stand in blocks that compilers derive, around forks.
extension Row {
  static let derived: [Row] =
    ["_exit", "abort", "kill"].flatMap { how in
      let loses = { (marks: Set<Mark>) in how == "kill" ? Loses.marks(marks) : .nothing }
      return [
        Row(
          "else-of-fork", how, status: .exit(0), ran: "entry way50 way51 way53",
          privateLoses: loses([.way50])),
        Row("rest-after-fork", how, status: .exit(0), ran: "entry way54"),
        Row(
          "fork-in-callee", how, status: .exit(0), ran: "entry way55 way56 way57",
          privateLoses: loses([.way55])),
        Row(
          "fork-in-loop", how, status: .exit(0), ran: "entry way59 way60 way61",
          privateLoses: loses([.way60])),
        Row(
          "nested-forks", how, status: .exit(0), ran: "entry way62 way63 way64",
          privateLoses: loses([.way62])),
        Row("taken-before", how, status: .exit(0), ran: "entry way66 way67"),
        Row("fork-in-thread", how, status: .exit(0), ran: "entry way68"),
      ]
    } + [
      Row("else-of-fork", status: .exit(0), ran: "entry way50 way51 way52"),
      Row("other-way", status: .exit(0), ran: "entry way65"),
      Row("forks-again", status: .exit(0), ran: "entry way50 way51 way52 way69"),
    ]
}
