package front

// mostConnections is no limit of the system's here.
func mostConnections() int { return 100_000 }
