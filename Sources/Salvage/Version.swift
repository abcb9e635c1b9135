/// The version of this package: of the command, the API and the library built with them.
public let salvageVersion = "0.1.0"
