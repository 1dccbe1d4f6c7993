package desktop

func (p Paths) checkOwner() error { return nil }
