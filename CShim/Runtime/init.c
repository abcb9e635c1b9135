// The constructor.
