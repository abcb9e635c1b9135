import ArgumentParser

@main
struct SalvageCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "salvage")
}
